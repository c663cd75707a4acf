import { describe, expect, test } from 'vitest';
import { instancePolicies, keys, policies } from './bodies.ts';
import { only, refusal, type Session, statusOf } from './session.ts';

/** Policies of a key, and of the instance. */
export function describePolicies(session: Session): void {
  const { will, rita, mia, here } = session;
  const newRoot = async () => {
    const { id = '' } = await only(
      will.createKey({ ...here, body: keys({ name: 'Ledger', extractable: false }) }),
    );
    return id;
  };
  const put = (id: string, resources: readonly object[], policy?: string) =>
    mia.putPolicy({
      ...here,
      id,
      setKeyPoliciesOneOf: policies(...resources),
      ...(policy !== undefined && { policy }),
    });
  const rotation = { rotation: { interval_month: 3 } };
  const dualAuthDelete = { dualAuthDelete: { enabled: true } };

  describe('policies of a key', () => {
    test('are written and read, one or all', async () => {
      const id = await newRoot();
      const written = await put(id, [rotation], 'rotation');
      expect(written.status).toBe(200);
      expect(written.result).toMatchObject({ metadata: { collectionTotal: 1 }, resources: [rotation] });
      const { result } = await mia.getPolicy({ ...here, id });
      expect(result).toMatchObject({
        metadata: { collectionTotal: 2 },
        resources: expect.arrayContaining([
          expect.objectContaining(dualAuthDelete),
          expect.objectContaining({ rotation: { enabled: true, interval_month: 3 }, id: expect.any(String) }),
        ]),
      });
      const one = await mia.getPolicy({ ...here, id, policy: 'dualAuthDelete' });
      expect(one.result).toMatchObject({ metadata: { collectionTotal: 1 }, resources: [dualAuthDelete] });
      expect(await only(rita.getKeyMetadata({ ...here, id }))).toMatchObject({
        rotation: { interval_month: 3 },
      });
    });

    test('can both be written at once, and dual authorization is not taken off again', async () => {
      const id = await newRoot();
      expect((await put(id, [rotation, dualAuthDelete])).result).toMatchObject({
        metadata: { collectionTotal: 2 },
      });
      expect(await refusal(put(id, [{ dualAuthDelete: { enabled: false } }], 'dualAuthDelete'))).toBe(
        '409 KEY_ACTION_INVALID_STATE_ERR',
      );
    });

    test('are refused where the request is not what it says', async () => {
      const id = await newRoot();
      expect(await refusal(put(id, [rotation], 'dualAuthDelete'))).toBe('400 BODY_QUERY_PARAM_MISMATCH_ERR');
      expect(await refusal(put(id, [rotation, dualAuthDelete], 'rotation'))).toBe(
        '400 NUM_COLLECTION_RESOURCE_ERR',
      );
      expect(await refusal(put(id, [{ rotation: { interval_month: 13 } }], 'rotation'))).toBe(
        '400 INVALID_FIELD_ERR',
      );
      expect(await refusal(put(id, [rotation], 'retention'))).toBe('400 INVALID_QUERY_PARAM_ERR');
      expect(await refusal(will.getPolicy({ ...here, id }))).toBe('401');
    });
  });

  describe('policies of the instance', () => {
    const write = (policy_type: string, policy_data: object) =>
      mia.putInstancePolicy({
        ...here,
        policy: policy_type,
        setInstancePoliciesOneOf: instancePolicies({ policy_type, policy_data }),
      });

    test('are written and read', async () => {
      const data = { enabled: true, attributes: { interval_month: 6 } };
      expect(await statusOf(write('rotation', data))).toBe(204);
      const { result } = await mia.getInstancePolicy({ ...here, policy: 'rotation' });
      expect(result).toMatchObject({
        metadata: { collectionTotal: 1 },
        resources: [{ policy_type: 'rotation', policy_data: data, lastUpdated: expect.any(String) }],
      });
      const id = await newRoot();
      expect(await only(rita.getKeyMetadata({ ...here, id }))).toMatchObject({
        rotation: { interval_month: 6 },
      });
      expect(await statusOf(write('rotation', { enabled: false }))).toBe(204);
      const all = await mia.getInstancePolicy(here);
      expect(all.result).toMatchObject({
        resources: expect.arrayContaining([
          expect.objectContaining({ policy_type: 'dualAuthDelete', policy_data: { enabled: true } }),
        ]),
      });
    });

    test('say which keys can be created and imported', async () => {
      const attributes = { create_root_key: true, create_standard_key: false, import_standard_key: false };
      expect(await statusOf(write('keyCreateImportAccess', { enabled: true, attributes }))).toBe(204);
      const { result } = await mia.getInstancePolicy({ ...here, policy: 'keyCreateImportAccess' });
      expect(result).toMatchObject({ resources: [{ policy_data: { enabled: true, attributes } }] });
      const standard = keys({ name: 'Standard', extractable: true });
      expect(await refusal(will.createKey({ ...here, body: standard }))).toBe(
        '409 KEY_CREATE_IMPORT_ACCESS_ERR',
      );
      await newRoot();
      expect(await statusOf(write('keyCreateImportAccess', { enabled: false }))).toBe(204);
      await only(will.createKey({ ...here, body: standard }));
    });

    test('say from where the instance is reached', async () => {
      const from = (allowed_ip: readonly string[]) =>
        write('allowedIP', { enabled: true, attributes: { allowed_ip } });
      expect(await refusal(from(['192.0.2.0/24']))).toBe('400 INVALID_FIELD_ERR');
      expect(await statusOf(from(['127.0.0.1/32', '192.0.2.0/24']))).toBe(204);
      await rita.getKeys(here);
      expect(await statusOf(write('allowedIP', { enabled: false }))).toBe(204);
      const network = { enabled: true, attributes: { allowed_network: 'public-and-private' } };
      expect(await statusOf(write('allowedNetwork', network))).toBe(204);
      expect((await mia.getAllowedIpPort(here)).result).toMatchObject({ resources: [] });
    });

    test('are refused where they could not be kept', async () => {
      const privateOnly = { enabled: true, attributes: { allowed_network: 'private-only' } };
      expect(await refusal(write('allowedNetwork', privateOnly))).toBe('400 INVALID_FIELD_ERR');
      expect(await refusal(write('metrics', { enabled: true }))).toBe('400 INVALID_FIELD_ERR');
      expect(await statusOf(write('metrics', { enabled: false }))).toBe(204);
    });

    test('take no attributes that they do not have', async () => {
      expect(await refusal(write('dualAuthDelete', { enabled: true, attributes: {} }))).toBe(
        '400 BAD_BODY_ERR',
      );
      expect(await refusal(will.getInstancePolicy(here))).toBe('401');
    });
  });
}
