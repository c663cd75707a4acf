import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../lib/domain/time.ts';
import { envelope, type Resource, type Server } from './server.ts';

/** An installation that answers requests. */
export type Api = Pick<Server, 'story' | 'call' | 'close'>;

const representation = { headers: { prefer: 'return=representation' } };
const notMet = 'AUTHORIZATIONS_NOT_MET';

/**
 * A deletion as a client of Key Protect sees it, for whatever answers the requests.
 * @param open a new installation; undefined where there is none to be had.
 */
export function describeDeletionApi(where: string, open: (() => Promise<Api>) | undefined): void {
  describe.skipIf(open === undefined)(`the API of a deletion, ${where}`, () => {
    let server: Api;
    beforeAll(async () => {
      server = (await open?.()) as Api;
    });
    afterAll(() => server.close());

    /** A new key's id. */
    async function newKey(resource: object = {}, route = 'POST /api/v2/keys'): Promise<string> {
      const body = envelope({ name: 'doomed', extractable: false, ...resource });
      return String((await server.call('wendy', route, { body })).resource.id);
    }

    const newKeyOfOne = () => newKey({}, 'POST /api/v2/keys_with_policy_overrides');

    const metadataOf = async (id: string): Promise<Resource> =>
      (await server.call('rita', `GET /api/v2/keys/${id}/metadata`)).resource;

    const set = (name: 'alice' | 'wendy', id: string, headers: Record<string, string> = {}) =>
      server.call(name, `POST /api/v2/keys/${id}/actions/setKeyForDeletion`, { headers });

    const unset = (name: 'alice' | 'wendy', id: string) =>
      server.call(name, `POST /api/v2/keys/${id}/actions/unsetKeyForDeletion`);

    const remove = (name: 'alice' | 'bob', id: string, sent = {}) =>
      server.call(name, `DELETE /api/v2/keys/${id}`, sent);

    describe('two people', () => {
      test('set answers 204 without a body, shows in the next read, and a different Manager deletes', async () => {
        const id = await newKey();
        const asked = await set('wendy', id);
        expect([asked.status, asked.text]).toEqual([204, '']);
        const now = server.story.clock.now();
        const used = { enabled: true, keySetForDeletion: true, authExpiration: date(now + 7 * DAY) };
        const pending = await metadataOf(id);
        expect(pending).toMatchObject({ state: 1, deleted: false, dualAuthDelete: used });
        const deleted = await remove('bob', id, representation);
        expect(deleted.status).toBe(200);
        expect(deleted.json.metadata).toMatchObject({ collectionTotal: 1 });
        expect(deleted.resource).toMatchObject({
          id,
          state: 5,
          deleted: true,
          deletionDate: date(now),
          deletedBy: expect.stringMatching(/^CountersignId-/),
          restoreAllowed: true,
          restoreExpirationDate: date(now + 30 * DAY),
          purgeAllowed: false,
          purgeAllowedFrom: date(now + 4 * HOUR),
          purgeScheduledOn: date(now + 90 * DAY),
          dualAuthDelete: used,
        });
      });

      test.each(['setKeyForDeletion', '2020'])('both spellings do the same: %s', async (spelling) => {
        const id = await newKey();
        const path = (action: string) =>
          spelling === '2020'
            ? `/api/v2/keys/${id}?action=${action}`
            : `/api/v2/keys/${id}/actions/${action}`;
        for (const body of ['null', '', '{}', undefined]) {
          const sent = body === undefined ? {} : { body };
          expect((await server.call('wendy', `POST ${path('setKeyForDeletion')}`, sent)).status).toBe(204);
          expect((await metadataOf(id)).dualAuthDelete).toMatchObject({ keySetForDeletion: true });
          expect((await server.call('wendy', `POST ${path('unsetKeyForDeletion')}`, sent)).status).toBe(204);
          expect((await metadataOf(id)).dualAuthDelete).toEqual({ enabled: true, keySetForDeletion: false });
        }
      });

      test('whoever set the key is told that a different person must delete it', async () => {
        const id = await newKey();
        await set('alice', id);
        const refused = await remove('alice', id);
        expect([refused.status, refused.reason]).toEqual([409, notMet]);
        expect(refused.resource.errorMsg).toMatch(
          /^Conflict: Key could not be deleted: .*different person.*\(AUTHORIZATIONS_NOT_MET\)$/,
        );
        expect((await metadataOf(id)).dualAuthDelete).toMatchObject({ keySetForDeletion: true });
        expect((await remove('bob', id)).status).toBe(204);
      });

      test('without a first authorization, or after it was withdrawn, one is asked for', async () => {
        const id = await newKey();
        const refused = await remove('bob', id);
        expect([refused.status, refused.reason]).toEqual([409, notMet]);
        expect(refused.resource.errorMsg).toContain('1 prior authorization(s) are required for deletion');
        await set('wendy', id);
        expect((await unset('alice', id)).status).toBe(204);
        const withdrawn = await remove('bob', id);
        expect([withdrawn.status, withdrawn.reason]).toEqual([409, notMet]);
        expect((await metadataOf(id)).state).toBe(1);
      });

      test('after seven days the first authorization does not count, and is not shown any more', async () => {
        const own = (await open?.()) as Api;
        try {
          const { resource } = await own.call('wendy', 'POST /api/v2/keys', {
            body: envelope({ name: 'late' }),
          });
          await own.call('wendy', `POST /api/v2/keys/${resource.id}/actions/setKeyForDeletion`);
          own.story.clock.set(own.story.clock.now() + 7 * DAY);
          const shown = await own.call('rita', `GET /api/v2/keys/${resource.id}/metadata`);
          expect(shown.resource.dualAuthDelete).toEqual({ enabled: true, keySetForDeletion: false });
          const refused = await own.call('bob', `DELETE /api/v2/keys/${resource.id}`);
          expect([refused.status, refused.reason]).toEqual([409, notMet]);
          expect(refused.resource.errorMsg).toContain('1 prior authorization(s) are required for deletion');
        } finally {
          await own.close();
        }
      });

      test('a key is not deleted by an alias that it has got since it was set', async () => {
        const [meant, other] = [await newKey({ aliases: ['moving'] }), await newKey()];
        await set('wendy', meant);
        await set('wendy', other);
        expect((await server.call('wendy', `DELETE /api/v2/keys/${meant}/aliases/moving`)).status).toBe(204);
        expect((await server.call('wendy', `POST /api/v2/keys/${other}/aliases/moving`)).status).toBe(201);
        const refused = await remove('bob', 'moving');
        expect([refused.status, refused.reason]).toEqual([409, notMet]);
        expect(refused.resource.errorMsg).toContain('name the key by its id');
        expect((await remove('bob', other)).status).toBe(204);
        await set('wendy', meant);
        expect((await server.call('wendy', `POST /api/v2/keys/${meant}/aliases/known`)).status).toBe(201);
        expect((await remove('bob', 'known')).status).toBe(409);
        await unset('wendy', meant);
        await set('wendy', meant);
        expect((await remove('bob', 'known')).status).toBe(204);
      });

      test('a decision bound to another manifest than the current one is refused', async () => {
        const id = await newKey();
        await set('wendy', id);
        const { json } = await server.call('bob', `GET /countersign/v1/keys/${id}/authorization`);
        const bound = (digest: string) =>
          remove('bob', id, { headers: { 'x-countersign-manifest': digest } });
        const refused = await bound('0'.repeat(64));
        expect([refused.status, refused.reason]).toEqual([409, notMet]);
        expect((await metadataOf(id)).state).toBe(1);
        expect((await bound(String(json.manifestDigest).toUpperCase())).status).toBe(204);
      });

      test('reason and ticket are in what the approver sees, in any script and however they were sent', async () => {
        const sentAs = [
          ['Schlüssel alt – 鍵', "UTF-8''Schl%C3%BCssel%20alt%20%E2%80%93%20%E9%8D%B5"],
          ['Schlüssel', Buffer.from('Schlüssel').toString('latin1')],
          ['caf\u00e9', 'caf\u00e9'],
          ['100% sure', '100% sure'],
        ];
        for (const [reason, header = ''] of sentAs) {
          const id = await newKey();
          const headers = { 'x-countersign-reason': header, 'x-countersign-ticket': 'OPS-17' };
          expect((await set('wendy', id, headers)).status).toBe(204);
          const { json } = await server.call('bob', `GET /countersign/v1/keys/${id}/authorization`);
          expect(json.manifest).toMatchObject({ reason, ticket: 'OPS-17' });
        }
      });
    });

    describe('a key without the policy', () => {
      test('is deleted by one Manager, and neither set nor unset', async () => {
        const id = await newKeyOfOne();
        for (const refused of [await set('wendy', id), await unset('wendy', id)]) {
          expect([refused.status, refused.reason]).toEqual([409, 'NOT_DUAL_AUTH_ERR']);
        }
        const deleted = await remove('alice', id, { headers: { prefer: 'return=minimal' } });
        expect([deleted.status, deleted.text]).toEqual([204, '']);
        expect(await metadataOf(id)).toMatchObject({ state: 5, dualAuthDelete: { enabled: false } });
      });
    });

    describe('a destroyed key', () => {
      test('is gone to everyone but whoever deleted it, who gets the success again for a quarter of an hour', async () => {
        const id = await newKeyOfOne();
        await remove('alice', id);
        expect((await remove('alice', id)).status).toBe(204);
        expect((await remove('alice', id, representation)).resource).toMatchObject({ id, state: 5 });
        const gone = await remove('bob', id);
        expect([gone.status, gone.reason]).toEqual([410, 'KEY_DELETED_ERR']);
        expect(gone.resource.errorMsg).toMatch(/^Gone: Key could not be deleted: /);
        await server.story.pass((15 * MINUTE) / SECOND);
        expect((await remove('alice', id)).status).toBe(410);
      });

      test('is in the wrong state for everything else, and its metadata can still be read', async () => {
        const id = await newKey();
        await set('wendy', id);
        await remove('bob', id);
        const body = envelope({ dualAuthDelete: { enabled: true } });
        const refusals = [
          await set('wendy', id),
          await unset('wendy', id),
          await server.call('rita', `POST /api/v2/keys/${id}/actions/wrap`),
          await server.call('alice', `PUT /api/v2/keys/${id}/policies`, { body }),
          await server.call('alice', `POST /countersign/v1/keys/${id}/authorization/reauthorize`),
        ];
        for (const { status, reason } of refusals) {
          expect([status, reason]).toEqual([409, 'KEY_ACTION_INVALID_STATE_ERR']);
        }
        const got = await server.call('alice', `GET /api/v2/keys/${id}`);
        expect([got.status, got.resource.state]).toEqual([200, 5]);
        const listed = await server.call('rita', 'GET /api/v2/keys?state=5&limit=5000');
        expect(listed.resources.map((key) => key.id)).toContain(id);
        const living = await server.call('rita', 'GET /api/v2/keys?limit=5000');
        expect(living.resources.map((key) => key.id)).not.toContain(id);
      });
    });
  });
}

/** Whole seconds, as the service writes dates. */
const date = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;
