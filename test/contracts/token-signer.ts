import { calculateJwkThumbprint, importJWK, jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import type { TokenSigner } from '../../lib/ports/token-signer.ts';

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

async function signedToken(signer: TokenSigner, claims: Record<string, unknown>): Promise<string> {
  const { kid } = await signer.publicKey();
  const input = `${base64url({ alg: 'RS256', kid })}.${base64url(claims)}`;
  const signature = await signer.sign(new TextEncoder().encode(input));
  return `${input}.${Buffer.from(signature).toString('base64url')}`;
}

/** What every adapter of the `TokenSigner` port does. `start` gives a signer, `foreign` one with another key. */
export function describeTokenSigner(
  start: () => Promise<{ signer: TokenSigner; foreign: TokenSigner }>,
): void {
  test('a token that it signed verifies under its public key', async () => {
    const { signer } = await start();
    const token = await signedToken(signer, { sub: 'anna' });
    const { payload } = await jwtVerify(token, await importJWK(await signer.publicKey()), {
      algorithms: ['RS256'],
    });
    expect(payload.sub).toBe('anna');
  });

  test('a token longer than 4,096 bytes can be signed', async () => {
    const { signer } = await start();
    const token = await signedToken(signer, { sub: 'x'.repeat(8_000) });
    await expect(jwtVerify(token, await importJWK(await signer.publicKey()))).resolves.toBeDefined();
  });

  test('a token of another key does not verify', async () => {
    const { signer, foreign } = await start();
    const token = await signedToken(foreign, { sub: 'anna' });
    await expect(jwtVerify(token, await importJWK(await signer.publicKey()))).rejects.toThrow('signature');
  });

  test('the public key is an RSA key for RS256 that holds nothing private and is known by its thumbprint', async () => {
    const { signer, foreign } = await start();
    const { kid, ...jwk } = await signer.publicKey();
    expect(jwk).toEqual({
      kty: 'RSA',
      alg: 'RS256',
      use: 'sig',
      n: expect.any(String),
      e: expect.any(String),
    });
    expect(kid).toBe(await calculateJwkThumbprint(jwk));
    expect(kid).not.toBe((await foreign.publicKey()).kid);
  });
}
