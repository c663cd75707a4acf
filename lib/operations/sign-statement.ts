import type { TokenSigner } from '../ports/token-signer.ts';

/**
 * A JWS in its compact form (RFC 7515) over a payload, RS256.
 * @param typ what it is: a statement of one kind never passes for one of another.
 */
export async function signStatement(
  signer: TokenSigner,
  { typ, payload }: { readonly typ: string; readonly payload: object },
): Promise<string> {
  const { kid } = await signer.publicKey();
  const input = `${encoded({ alg: 'RS256', kid, typ })}.${encoded(payload)}`;
  return `${input}.${Buffer.from(await signer.sign(Buffer.from(input))).toString('base64url')}`;
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
