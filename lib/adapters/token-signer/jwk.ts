import type { KeyObject } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';

/** An RSA public key as a JWK for RS256 signatures; `kid` is its thumbprint (RFC 7638). */
export async function rsaPublicJwk(publicKey: KeyObject) {
  const { kty, n, e } = publicKey.export({ format: 'jwk' });
  const kid = await calculateJwkThumbprint({ kty, n, e });
  return { kty, n, e, kid, alg: 'RS256', use: 'sig' };
}
