import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { json, keys } from './bodies.ts';
import { only, refusal, type Session, statusOf } from './session.ts';

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const REPRESENTATION = { prefer: 'return=representation' };

/** A key from its creation to its deletion, but for who may delete it. */
export function describeLife(session: Session): void {
  const { will, rita, mia, here } = session;
  const newRoot = async (resource: object = {}) => {
    const body = keys({ name: 'Ledger', extractable: false, ...resource });
    const { id = '' } = await only(will.createKey({ ...here, body }));
    return id;
  };

  describe('creating keys', () => {
    test('a root key, with everything that can be said about it', async () => {
      const expirationDate = '2099-12-31T00:00:00Z';
      const told = { name: 'Payroll', description: 'of the north', tags: ['a', 'b'], aliases: ['payroll'] };
      const body = keys({ ...told, extractable: false, expirationDate });
      const made = await will.createKey({ ...here, body, ...REPRESENTATION, correlationId: CORRELATION });
      expect([made.status, made.headers['correlation-id']]).toEqual([201, CORRELATION]);
      const [key] = made.result.resources ?? [];
      expect(key).toMatchObject({ ...told, state: 1, extractable: false, imported: false, deleted: false });
      expect(key).toMatchObject({ expirationDate, keyVersion: { id: key?.id } });
      expect([key?.creationDate, key?.lastUpdateDate]).toEqual([
        expect.stringMatching(RFC_3339),
        key?.creationDate,
      ]);
      expect(key?.crn).toMatch(/^crn:v1:bluemix:public:kms:/);
      expect(key).not.toHaveProperty('payload');
      expect(await only(rita.getKeyMetadata({ ...here, id: 'payroll' }))).toEqual(key);
    });

    test('is answered in short where nothing is preferred', async () => {
      const key = await only(will.createKey({ ...here, body: keys({ name: 'Short', extractable: false }) }));
      expect(key).not.toHaveProperty('lastUpdateDate');
      expect(key).not.toHaveProperty('dualAuthDelete');
    });

    test('a standard key, whose material can be read', async () => {
      const body = keys({ name: 'Standard', extractable: true });
      const { id = '', payload = '' } = await only(will.createKey({ ...here, body, ...REPRESENTATION }));
      expect(Buffer.from(payload, 'base64')).toHaveLength(32);
      expect((await only(will.getKey({ ...here, id }))).payload).toBe(payload);
      expect(await only(rita.getKeyMetadata({ ...here, id }))).not.toHaveProperty('payload');
      expect(await refusal(rita.getKey({ ...here, id }))).toBe('401');
    });

    test('imported keys, standard and root', async () => {
      const payload = randomBytes(32).toString('base64');
      const standard = keys({ name: 'Brought', extractable: true, payload });
      const made = await only(will.createKey({ ...here, body: standard }));
      expect(made.imported).toBe(true);
      expect((await only(will.getKey({ ...here, id: made.id ?? '' }))).payload).toBe(payload);
      const root = keys({ name: 'Brought', extractable: false, payload });
      expect((await only(will.createKey({ ...here, body: root, ...REPRESENTATION }))).imported).toBe(true);
    });
  });

  describe('using a key', () => {
    test('wraps and unwraps what is given, and makes data keys, with additional data or without', async () => {
      const id = await newRoot();
      const plaintext = randomBytes(32).toString('base64');
      const aad = ['ledger', '2026'];
      const wrap = async (body?: object) =>
        (await rita.wrapKey({ ...here, id, ...(body && { keyActionWrapBody: json(body) }) })).result;
      const unwrap = async (ciphertext?: string, more: object = {}) =>
        (await rita.unwrapKey({ ...here, id, keyActionUnwrapBody: json({ ciphertext, ...more }) })).result;

      const given = await wrap({ plaintext, aad });
      expect(given).toEqual({ ciphertext: expect.any(String), keyVersion: { id } });
      expect(await unwrap(given.ciphertext, { aad })).toEqual({ plaintext, keyVersion: { id } });
      const made = await wrap();
      expect(Buffer.from(made.plaintext ?? '', 'base64')).toHaveLength(32);
      expect((await unwrap(made.ciphertext)).plaintext).toBe(made.plaintext);
      expect(await refusal(unwrap(given.ciphertext, { aad: ['2026', 'ledger'] }))).toBe(
        '422 UNPROCESSABLE_CIPHERTEXT_ERR',
      );
    });

    test('rotates: old ciphertexts unwrap and say how they would be now', async () => {
      const id = await newRoot();
      const { ciphertext } = (await rita.wrapKey({ ...here, id })).result;
      expect(await statusOf(will.rotateKey({ ...here, id, keyActionRotateBody: json({}) }))).toBe(204);
      const versions = (await rita.getKeyVersions({ ...here, id })).result.resources ?? [];
      expect(versions.map((version) => version.id)).toEqual([expect.any(String), id]);
      expect(versions[0]?.id).not.toBe(id);
      expect((await rita.getKeyVersions({ ...here, id, limit: 1, offset: 1 })).result.resources).toEqual([
        versions[1],
      ]);
      const rewrappedKeyVersion = { id: versions[0]?.id };
      const body = json({ ciphertext });
      const unwrapped = await rita.unwrapKey({ ...here, id, keyActionUnwrapBody: body });
      expect(unwrapped.result).toMatchObject({ keyVersion: { id }, rewrappedKeyVersion });
      const rewrapped = await rita.rewrapKey({ ...here, id, keyActionRewrapBody: body });
      expect(rewrapped.result).toMatchObject({ keyVersion: { id }, rewrappedKeyVersion });
      expect(rewrapped.result).not.toHaveProperty('plaintext');
      expect((await only(rita.getKeyMetadata({ ...here, id }))).lastRotateDate).toMatch(RFC_3339);
      expect(await refusal(will.rotateKey({ ...here, id }))).toBe('409 KEY_ROTATION_NOT_PERMITTED');
    });

    test('rotates an imported key with what is brought along', async () => {
      const id = await newRoot({ payload: randomBytes(16).toString('base64') });
      expect(await refusal(will.rotateKey({ ...here, id }))).toBe('400 KEY_PAYLOAD_REQ_ERR');
      const keyActionRotateBody = json({ payload: randomBytes(24).toString('base64') });
      expect(await statusOf(will.rotateKey({ ...here, id, keyActionRotateBody }))).toBe(204);
    });

    test('suspends a key, which then refuses, and comes back half a minute later at the earliest', async () => {
      const id = await newRoot();
      expect(await statusOf(mia.disableKey({ ...here, id }))).toBe(204);
      expect((await only(rita.getKeyMetadata({ ...here, id }))).state).toBe(2);
      expect(await refusal(rita.wrapKey({ ...here, id }))).toBe('409 KEY_ACTION_INVALID_STATE_ERR');
      expect(await refusal(mia.enableKey({ ...here, id }))).toBe('409 REQ_TOO_EARLY_ERR');
    });

    test('asks the resources of a key to follow it, once an hour', async () => {
      const id = await newRoot();
      expect(await statusOf(will.syncAssociatedResources({ ...here, id }))).toBe(204);
      expect(await refusal(will.syncAssociatedResources({ ...here, id }))).toBe('409 REQ_TOO_EARLY_ERR');
    });
  });
}

const CORRELATION = '2f9c1b1e-6f0a-4c43-9d3b-0d2c6a2f6a10';
