import type { Digest } from '../checkpoint.ts';
import type { Jwk } from './lines.ts';
import { isObject } from './read-line.ts';

/** What checking needs to compute: pure functions, handed in. */
export interface EvidenceCrypto {
  readonly digest: Digest;
  /** The thumbprint of a public key (RFC 7638); undefined for what is no RSA key of 2048 bits or more. */
  readonly thumbprint: (jwk: Jwk) => string | undefined;
  /** Whether it is the RS256 signature of this key over the text; the signature in base64url. */
  readonly verifies: (jwk: Jwk, text: string, signature: string) => boolean;
}

export type Signed =
  | { readonly ok: true; readonly payload: { readonly [name: string]: unknown }; readonly thumbprint: string }
  | { readonly ok: false; readonly what: string };

const COMPACT = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;

/**
 * The payload of a JWS of this `typ` that one of the keys has signed. The algorithm is not chosen by who made it, and
 * a key is known by its thumbprint, not by what it is called.
 */
export function openSigned(
  jws: string,
  { typ, keys }: { readonly typ: string; readonly keys: ReadonlyMap<string, Jwk> },
  crypto: EvidenceCrypto,
): Signed {
  const [, head = '', body = '', signature = ''] = COMPACT.exec(jws) ?? [];
  const header = decoded(head);
  const payload = decoded(body);
  if (header === undefined || payload === undefined) return { ok: false, what: 'is no JWS' };
  if (header.alg !== 'RS256' || header.typ !== typ)
    return { ok: false, what: `is no ${typ} signed with RS256` };
  const thumbprint = typeof header.kid === 'string' ? header.kid : '';
  const jwk = keys.get(thumbprint);
  if (jwk === undefined) {
    return {
      ok: false,
      what: `is signed by the key ${thumbprint || '(unnamed)'}, which is not a key for this`,
    };
  }
  // Base64 can be written in several ways, of which one counts: what was not signed must not change unseen.
  if (!isPlain(signature) || !crypto.verifies(jwk, `${head}.${body}`, signature)) {
    return { ok: false, what: `is not what the key ${thumbprint} has signed: it was changed or made up` };
  }
  return { ok: true, payload, thumbprint };
}

const standard = (part: string): string => part.replaceAll('-', '+').replaceAll('_', '/');

const isPlain = (part: string): boolean =>
  part.length % 4 !== 1 && btoa(atob(standard(part))).replaceAll('=', '') === standard(part);

function decoded(part: string): { readonly [name: string]: unknown } | undefined {
  try {
    const bytes = Uint8Array.from(atob(standard(part)), (c) => c.charCodeAt(0));
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
