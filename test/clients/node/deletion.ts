import { describe, expect, test } from 'vitest';
import { instancePolicies, keys } from './bodies.ts';
import { only, refusal, type Session, statusOf } from './session.ts';

const REPRESENTATION = { prefer: 'return=representation' };
const NOT_MET = '409 AUTHORIZATIONS_NOT_MET';

/** A deletion with two people, and what stands against it. */
export function describeDeletion(session: Session): void {
  const { mia, max, will, rita, here, installation } = session;
  const newKey = async (resource: object = {}) => {
    const body = keys({ name: 'Ledger', extractable: false, ...resource });
    const { id = '' } = await only(will.createKey({ ...here, body }));
    return id;
  };
  const metadata = (id: string) => only(rita.getKeyMetadata({ ...here, id }));

  describe('deleting a key with two people', () => {
    test('needs an authorization before', async () => {
      const id = await newKey();
      expect((await metadata(id)).dualAuthDelete).toEqual({ enabled: true, keySetForDeletion: false });
      expect(await refusal(mia.deleteKey({ ...here, id }))).toBe(NOT_MET);
      expect((await metadata(id)).state).toBe(1);
    });

    test('takes another person than the one who authorized it, however they ask', async () => {
      const id = await newKey();
      expect(await statusOf(mia.setKeyForDeletion({ ...here, id }))).toBe(204);
      const pending = await metadata(id);
      expect(pending).toMatchObject({ state: 1, dualAuthDelete: { enabled: true, keySetForDeletion: true } });
      const left = Date.parse(pending.dualAuthDelete?.authExpiration ?? '') - Date.now();
      expect(Math.round(left / 86_400_000)).toBe(7);
      expect(await refusal(mia.deleteKey({ ...here, id }))).toBe(NOT_MET);
      expect(await refusal(mia.deleteKey({ ...here, id, force: true }))).toBe(NOT_MET);
      expect(await refusal(will.deleteKey({ ...here, id }))).toBe('401');
      expect((await rita.wrapKey({ ...here, id })).status).toBe(200);

      const deleted = await max.deleteKey({ ...here, id, ...REPRESENTATION });
      expect(deleted.status).toBe(200);
      const [key] = deleted.result.resources;
      expect(key).toMatchObject({ id, state: 5, deleted: true, restoreAllowed: true });
      expect(key).toMatchObject({ deletionDate: expect.any(String), deletedBy: expect.any(String) });
      expect(await refusal(mia.deleteKey({ ...here, id }))).toBe('410 KEY_DELETED_ERR');
      expect(await refusal(rita.wrapKey({ ...here, id }))).toBe('409 KEY_ACTION_INVALID_STATE_ERR');
      expect((await metadata(id)).state).toBe(5);
      // The client reads this answer as a stream, and so its error has no body.
      expect(await refusal(mia.restoreKey({ ...here, id }))).toBe('409');
    });

    test('can begin with a Writer, and is answered without a body where nothing is preferred', async () => {
      const id = await newKey();
      await will.setKeyForDeletion({ ...here, id });
      expect(await statusOf(mia.deleteKey({ ...here, id }))).toBe(204);
    });

    test('is withdrawn by anybody who could authorize it, also when there is nothing to withdraw', async () => {
      const id = await newKey();
      await mia.setKeyForDeletion({ ...here, id });
      expect(await statusOf(will.unsetKeyForDeletion({ ...here, id }))).toBe(204);
      expect((await metadata(id)).dualAuthDelete).toEqual({ enabled: true, keySetForDeletion: false });
      expect(await refusal(max.deleteKey({ ...here, id }))).toBe(NOT_MET);
      expect(await statusOf(will.unsetKeyForDeletion({ ...here, id }))).toBe(204);
    });

    test('is not possible with a key that is suspended', async () => {
      const id = await newKey();
      await mia.disableKey({ ...here, id });
      expect(await refusal(mia.setKeyForDeletion({ ...here, id }))).toBe('409 KEY_ACTION_INVALID_STATE_ERR');
    });
  });

  describe('what protects resources', () => {
    test('is shown by key and for all keys, and is deleted only with force', async () => {
      const id = await newKey();
      const crn = bucket('payroll');
      await installation.register(id, { crn, preventKeyDeletion: false });
      const registration = await only(rita.getRegistrations({ ...here, id, totalCount: true }));
      expect(registration).toMatchObject({ keyId: id, resourceCrn: crn, preventKeyDeletion: false });
      for (const urlEncodedResourceCrnQuery of [crn, encodeURIComponent(crn), `${bucket('')}*`]) {
        const query = { ...here, urlEncodedResourceCrnQuery };
        expect(await only(rita.getRegistrations({ ...query, id }))).toEqual(registration);
        expect(await only(rita.getRegistrationsAllKeys(query))).toEqual(registration);
      }
      const none = await rita.getRegistrationsAllKeys({
        ...here,
        preventKeyDeletion: true,
        totalCount: true,
      });
      expect(none.result).toMatchObject({ metadata: { totalCount: 0 }, resources: [] });

      await mia.setKeyForDeletion({ ...here, id });
      expect(await refusal(max.deleteKey({ ...here, id }))).toBe('409 PROTECTED_RESOURCE_ERR');
      expect(await statusOf(max.deleteKey({ ...here, id, force: true }))).toBe(204);
    });

    test('is not deleted at all while a resource has to be retained', async () => {
      const id = await newKey();
      await installation.register(id, { crn: bucket('archive'), preventKeyDeletion: true });
      await mia.setKeyForDeletion({ ...here, id });
      for (const force of [false, true]) {
        expect(await refusal(max.deleteKey({ ...here, id, force }))).toBe('409 PREV_KEY_DEL_ERR');
      }
    });
  });

  describe('deleting a key of before the policy', () => {
    test('takes one person', async () => {
      const put = (enabled: boolean) =>
        mia.putInstancePolicy({
          ...here,
          policy: 'dualAuthDelete',
          setInstancePoliciesOneOf: instancePolicies({
            policy_type: 'dualAuthDelete',
            policy_data: { enabled },
          }),
        });
      expect(await statusOf(put(false))).toBe(204);
      const id = await newKey();
      expect(await statusOf(put(true))).toBe(204);
      expect((await metadata(id)).dualAuthDelete).toEqual({ enabled: false });
      expect(await refusal(mia.setKeyForDeletion({ ...here, id }))).toBe('409 NOT_DUAL_AUTH_ERR');
      expect(await refusal(mia.unsetKeyForDeletion({ ...here, id }))).toBe('409 NOT_DUAL_AUTH_ERR');
      expect(await statusOf(mia.deleteKey({ ...here, id }))).toBe(204);
    });
  });
}

const bucket = (name: string): string =>
  `crn:v1:bluemix:public:cloud-object-storage:global:a/4f0d:0a6f:bucket:${name}`;
