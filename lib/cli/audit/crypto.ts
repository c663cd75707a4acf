import { createHash, createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import type { Jwk } from '../../domain/evidence/lines.ts';
import type { EvidenceCrypto } from '../../domain/evidence/signed.ts';

/** RFC 7518 (3.3) asks for 2048 bits or more. */
const LEAST_BITS = 2048;

/** What checking evidence computes, with Node's own means. */
export function evidenceCrypto(): EvidenceCrypto {
  const parsed = new Map<string, KeyObject | undefined>();
  const keyOf = ({ kty = '', n = '', e = '' }: Jwk): KeyObject | undefined => {
    const name = `${kty} ${n} ${e}`;
    if (!parsed.has(name)) parsed.set(name, rsaKey({ kty, n, e }));
    return parsed.get(name);
  };
  return {
    digest: (text) => createHash('sha256').update(text).digest('hex'),
    thumbprint(jwk) {
      const key = keyOf(jwk);
      if (key === undefined) return undefined;
      // RFC 7638: the members that make the key, in the order of their names. Written anew, so that it has one form.
      const { e, kty, n } = key.export({ format: 'jwk' });
      return createHash('sha256').update(JSON.stringify({ e, kty, n })).digest('base64url');
    },
    verifies(jwk, text, signature) {
      const key = keyOf(jwk);
      return (
        key !== undefined && verify('sha256', Buffer.from(text), key, Buffer.from(signature, 'base64url'))
      );
    },
  };
}

function rsaKey(jwk: JsonWebKey): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
    return key.asymmetricKeyType === 'rsa' && bits >= LEAST_BITS ? key : undefined;
  } catch {
    return undefined;
  }
}
