import { constants, createCipheriv, publicEncrypt, randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { json, keys } from './bodies.ts';
import { only, refusal, type Session, statusOf } from './session.ts';

/** Import tokens: key material that nobody reads on its way here. */
export function describeImport(session: Session): void {
  const { will, rita, here } = session;
  const importKey = (sealed: object) =>
    will.createKey({ ...here, body: keys({ name: 'Brought', extractable: false, ...sealed }) });

  describe('importing encrypted material', () => {
    let token: Token;
    beforeAll(async () => {
      expect(await refusal(will.getImportToken(here))).toBe('409 IMPORT_TOKEN_EXPIRED_ERR');
      const terms = { expiration: 300, maxAllowedRetrievals: 1 };
      const made = (await will.postImportToken({ ...here, ...terms })).result;
      expect(made).toMatchObject({ maxAllowedRetrievals: 1, remainingRetrievals: 1 });
      token = (await will.getImportToken(here)).result;
      expect(token).toMatchObject({ remainingRetrievals: 0 });
    });

    test('makes the key of it, and rotates it', async () => {
      const made = await only(importKey(sealed(randomBytes(32), token)));
      expect(made).toMatchObject({ imported: true, extractable: false, state: 1 });
      const id = made.id ?? '';
      const { ciphertext, plaintext } = (await rita.wrapKey({ ...here, id })).result;
      const keyActionRotateBody = json(sealed(randomBytes(32), token));
      expect(await statusOf(will.rotateKey({ ...here, id, keyActionRotateBody }))).toBe(204);
      const keyActionUnwrapBody = json({ ciphertext });
      expect((await rita.unwrapKey({ ...here, id, keyActionUnwrapBody })).result.plaintext).toBe(plaintext);
    });

    test('is refused where the token or its nonce is another', async () => {
      expect(await refusal(will.getImportToken(here))).toBe('409 IMPORT_TOKEN_EXPIRED_ERR');
      const foreign = { ...token, nonce: randomBytes(12).toString('base64') };
      expect(await refusal(importKey(sealed(randomBytes(32), foreign)))).toBe('400 INCORRECT_NONCE_ERR');
      const { payload } = sealed(randomBytes(32), token);
      const other = { ...sealed(randomBytes(32), token), payload };
      expect(await refusal(importKey(other))).toBe('400 INCORRECT_NONCE_IV_ERR');
    });
  });
}

interface Token {
  /** PEM in base64. */
  readonly payload?: string;
  readonly nonce?: string;
}

/** As Key Protect's documentation has it: the material by RSA-OAEP, the token's nonce by AES-GCM under the material. */
function sealed(material: Buffer, { payload = '', nonce = '' }: Token) {
  const key = Buffer.from(payload, 'base64');
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', material, iv);
  const encrypted = Buffer.concat([cipher.update(nonce, 'base64'), cipher.final(), cipher.getAuthTag()]);
  return {
    payload: publicEncrypt({ key, padding, oaepHash: 'sha256' }, material).toString('base64'),
    encryptedNonce: encrypted.toString('base64'),
    iv: iv.toString('base64'),
    encryptionAlgorithm: 'RSAES_OAEP_SHA_256',
  };
}
