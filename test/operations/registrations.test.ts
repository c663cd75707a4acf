import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertSize } from '../../lib/adapters/store/limits.ts';
import { LONGEST_CRN, matchesCrn, parseCrnPattern } from '../../lib/domain/crn.ts';
import { MOST_NAMED } from '../../lib/domain/difference.ts';
import { DESTROYED } from '../../lib/domain/key.ts';
import { buildManifest, registeredResources } from '../../lib/domain/manifest.ts';
import type { Registration } from '../../lib/domain/registration.ts';
import { MOST_REGISTRATIONS } from '../../lib/domain/registration.ts';
import { MOST_VERSIONS } from '../../lib/domain/rotation.ts';
import { sha256 } from '../../lib/operations/caller.ts';
import { commitKeyChange } from '../../lib/operations/change.ts';
import { removePerson } from '../../lib/operations/people.ts';
import { listKeyRegistrations, listRegistrations } from '../../lib/operations/read-registrations.ts';
import { authorizationItem } from '../../lib/operations/records/authorization.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { keyPartition, loadKey } from '../../lib/operations/records/key.ts';
import { loadRegistrations, registrationItem } from '../../lib/operations/records/registration.ts';
import { registerResource } from '../../lib/operations/registrations.ts';
import { removeRegistrations } from '../../lib/operations/remove-registrations.ts';
import { crnOf, registration } from '../domain/registrations.ts';
import { authorization, key } from '../domain/samples.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { expectOk, refusalOf } from '../support/story.ts';

let operations: Operations;

beforeAll(async () => {
  operations = await openOperations();
});

afterAll(() => operations.close());

const of = ({ instanceId, keyId }: Desk, name: string, other: Partial<Registration> = {}): Registration =>
  registration(name, { instanceId, keyId, ...other });

/** Writes them as they are, with the key that counts them. */
async function put(desk: Desk, registrations: readonly Registration[], next: object = {}): Promise<void> {
  const { store } = operations.context;
  for (let from = 0; from < registrations.length; from += 100) {
    const some = registrations.slice(from, from + 100);
    await store.commit(some.map((one) => ({ put: registrationItem(one), when: [{ item: 'absent' }] })));
  }
  const key = await loadKey(store, desk.instanceId, desk.keyId);
  if (key === undefined) throw new Error('no key');
  const retentionCount = registrations.filter(({ preventKeyDeletion }) => preventKeyDeletion).length;
  const counted = { registrationCount: registrations.length, retentionCount };
  const events = [{ action: 'kms.registrations.create', actor: 'test', outcome: 'success' }] as const;
  await commitKeyChange(operations.context, {
    key,
    now: operations.now,
    next: { ...counted, ...next },
    events,
  });
}

describe('what is left of a key that was destroyed by force', () => {
  const reference = (desk: Desk) => ({ ...desk, authorizationId: 'authorization' });
  const destroyed = { state: DESTROYED, authorizationId: 'authorization' };
  const left = (desk: Desk) => loadRegistrations(operations.context.store, desk);
  const many = (desk: Desk) => Array.from({ length: 200 }, (_, i) => of(desk, `r${i}`));

  it('is taken away in as many transactions as it needs, with an event each', async () => {
    const desk = await operations.newDesk();
    await put(desk, many(desk), destroyed);
    expectOk(await removeRegistrations(operations.context, reference(desk)));
    expect(await left(desk)).toEqual([]);
    const { store } = operations.context;
    const { events } = await loadEvents(store, keyPartition(desk.instanceId, desk.keyId), { limit: 100 });
    const removed = events.filter(({ action }) => action === 'kms.registrations.delete');
    expect(removed.map(({ data }) => data?.registrations)).toEqual([90, 90, 20]);
    expect(await loadKey(store, desk.instanceId, desk.keyId)).toMatchObject({ registrationCount: 0 });
    expectOk(await removeRegistrations(operations.context, reference(desk)));
  });

  it('is taken away by the next run where the first one was cut off', async () => {
    const desk = await operations.newDesk();
    await put(desk, many(desk), destroyed);
    const { store } = operations.context;
    let commits = 0;
    const dying = operations.through({
      ...store,
      commit: async (writes) => {
        commits += 1;
        if (commits > 1) throw new Error('killed');
        return store.commit(writes);
      },
    });
    await expect(removeRegistrations(dying, reference(desk))).rejects.toThrow('killed');
    expect(await left(desk)).toHaveLength(110);
    expectOk(await removeRegistrations(operations.context, reference(desk)));
    expect(await left(desk)).toEqual([]);
  });

  it.each([
    ['that is restored', { state: 1, authorizationId: 'authorization' }],
    ['that another authorization destroyed', { state: DESTROYED, authorizationId: 'other' }],
  ])('stays with a key %s', async (_, next) => {
    const desk = await operations.newDesk();
    await put(desk, [of(desk, 'a')], next);
    expectOk(await removeRegistrations(operations.context, reference(desk)));
    expect(await left(desk)).toHaveLength(1);
  });
});

it('a service whose owner is removed registers nothing', async () => {
  const desk = await operations.newDesk();
  const service = await desk.service();
  expectOk(await removePerson(operations.context, await desk.as('alice'), desk.id('bob')));
  const name = { idOrAlias: desk.keyId, resourceCrn: crnOf('a') };
  expect(refusalOf(await registerResource(operations.context, service, name, {}))).not.toBe('accepted');
  expect(await loadRegistrations(operations.context.store, desk)).toEqual([]);
});

it('the largest manifest, with everything that changed, fits one item of the store', () => {
  const most = (length: number) => '鍵'.repeat(length);
  const crns = Array.from({ length: MOST_REGISTRATIONS }, (_, i) => crnOf(`${i}`).padEnd(LONGEST_CRN, 'x'));
  const all = crns.map((resourceCrn) => registration('', { resourceCrn, description: most(240) }));
  const versions = Array.from({ length: MOST_VERSIONS }, () => ({ id: randomUUID(), createdAt: 0 }));
  const asked = { crn: crnOf('key'), requester: 'a|b', round: 1, reason: most(500), ticket: most(200) };
  const manifest = buildManifest(key({ versions }), asked, registeredResources(all, sha256));
  const lines = Array.from({ length: MOST_NAMED + 1 }, () => 'x'.repeat(LONGEST_CRN + 60));
  const largest = { manifest, sinceLastRound: lines, changes: lines };
  expect(() => assertSize(authorizationItem(authorization('drifted', largest as object), 1))).not.toThrow();
});

describe('pages of registrations', () => {
  let desk: Desk;
  let all: readonly Registration[];
  beforeAll(async () => {
    desk = await operations.newDesk();
    all = Array.from({ length: 40 }, (_, i) =>
      of(desk, `${'ab'[i % 2]}${i}`, { preventKeyDeletion: i % 3 === 0 }),
    );
    await put(desk, all);
  });

  const listing = fc.record(
    {
      preventKeyDeletion: fc.boolean(),
      crn: fc.constantFrom(
        ...['a*', 'b1*', 'none*', 'a2', '*'].map((end) => parseCrnPattern(crnOf(end), { wide: false })),
      ),
    },
    { requiredKeys: [] },
  );

  it.each(['key', 'instance'])(
    'of a %s put together are everything that matches, each once, in order',
    async (where) => {
      const caller = await desk.as('alice');
      await fc.assert(
        fc.asyncProperty(
          listing,
          fc.integer({ min: 1, max: 50 }),
          async ({ crn, preventKeyDeletion }, limit) => {
            const filters = {
              ...(crn && { crn }),
              ...(preventKeyDeletion !== undefined && { preventKeyDeletion }),
            };
            const wanted = all
              .filter((one) => crn === undefined || matchesCrn(crn, one.resourceCrn))
              .filter(
                (one) => preventKeyDeletion === undefined || one.preventKeyDeletion === preventKeyDeletion,
              )
              .map(({ resourceCrn }) => resourceCrn)
              .sort();
            const found: string[] = [];
            for (let page = limit; page === limit; ) {
              const asked = { limit, offset: found.length, count: true, ...filters };
              const { registrations, total } = expectOk(
                where === 'key'
                  ? await listKeyRegistrations(operations.context, caller, desk.keyId, asked)
                  : await listRegistrations(operations.context, caller, asked),
              );
              expect(total).toBe(wanted.length);
              page = registrations.length;
              found.push(...registrations.map(({ resourceCrn }) => resourceCrn));
            }
            expect(found).toEqual(wanted);
          },
        ),
        { numRuns: 40 },
      );
    },
  );

  it('of a key ring hold what its keys are used by, and nothing else', async () => {
    const asked = { limit: 50, offset: 0, count: true };
    const inRing = async (keyRingId: string) =>
      expectOk(await listRegistrations(operations.context, { ...(await desk.as('alice')), keyRingId }, asked))
        .total;
    expect(await inRing('default')).toBe(40);
    expect(await inRing('elsewhere')).toBe(0);
  });
});
