import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { type Authorization, isOver, type Status } from '../../lib/domain/authorization.ts';
import { CursorError } from '../../lib/domain/errors.ts';
import { DAY, HOUR } from '../../lib/domain/time.ts';
import { approveDeletion } from '../../lib/operations/approve-deletion.ts';
import type { Caller } from '../../lib/operations/caller.ts';
import { createKey } from '../../lib/operations/create-key.ts';
import { denyDeletion } from '../../lib/operations/deny-deletion.ts';
import { type AuthorizationListing, listAuthorizations } from '../../lib/operations/list-authorizations.ts';
import { reauthorizeDeletion } from '../../lib/operations/reauthorize-deletion.ts';
import { authorizationItem, loadAuthorization } from '../../lib/operations/records/authorization.ts';
import { settleStep } from '../../lib/operations/steps/settle.ts';
import { unsetKeyForDeletion } from '../../lib/operations/unset-key-for-deletion.ts';
import { type Desk, type Name, type Operations, operationsOn } from '../support/operations.ts';
import { ask } from '../support/requests.ts';
import { type OpenStore, openDynamodbStore, openSqliteStore } from '../support/stores.ts';
import { expectOk, refusalOf } from '../support/story.ts';

const sqlite = await openSqliteStore();
const dynamodb = await openDynamodbStore();
afterAll(() => Promise.all([sqlite.close(), dynamodb?.close()]));

const STORES: readonly (readonly [name: string, open: OpenStore | undefined, runs: number])[] = [
  ['SQLite', sqlite, 30],
  ['DynamoDB', dynamodb, 3],
];

/** What a plain list would know of an authorization. */
interface Known {
  readonly id: string;
  readonly keyId: string;
  readonly status: Status;
  readonly requester: string;
  readonly requestedAt: number;
  readonly approver?: string | undefined;
}

const STEPS = ['ask', 'ask as alice', 'deny', 'withdraw', 'approve', 'let it lapse', 'ask again'] as const;
type Step = (typeof STEPS)[number];

/** Does it for real and in the list, where it can be done now. */
async function live(
  operations: Operations,
  desk: Desk,
  known: readonly Known[],
  step: Step,
): Promise<readonly Known[]> {
  const { context } = operations;
  operations.now += HOUR;
  const current = known.findLast(({ keyId }) => keyId === desk.keyId);
  const other = (next: Partial<Known>) => known.map((one) => (one === current ? { ...one, ...next } : one));
  if (step === 'ask' || step === 'ask as alice') {
    if (current?.status === 'approved') return known;
    const who: Name = step === 'ask' ? 'wendy' : 'alice';
    const { authorizationId: id } = await ask(context, desk, who);
    const rest = current !== undefined && !isOver(current.status) ? other({ status: 'superseded' }) : known;
    const added = { id, keyId: desk.keyId, requester: desk.id(who), requestedAt: operations.now };
    return [...rest, { ...added, status: 'pending' }];
  }
  if (current === undefined) return known;
  const reference = { instanceId: desk.instanceId, keyId: desk.keyId, authorizationId: current.id };
  if (step === 'let it lapse' && current.status === 'pending') {
    operations.now += 8 * DAY;
    await settleStep(context, reference);
    return other({ status: 'lapsed' });
  }
  if (step === 'withdraw' && !isOver(current.status)) {
    expectOk(await unsetKeyForDeletion(context, await desk.as('wendy'), desk.keyId, {}));
    // What is withdrawn is not approved any more.
    return other({ status: 'withdrawn', approver: undefined });
  }
  if (step === 'ask again' && current.status === 'lapsed' && operations.now < current.requestedAt + 9 * DAY) {
    const done = await reauthorizeDeletion(context, await desk.as('carol'), desk.keyId, {});
    if (!done.ok) return known;
    return other({ status: 'pending', requester: desk.id('carol'), requestedAt: operations.now });
  }
  // Another key's time went by for this one as well.
  const isOpen = current.status === 'pending' && operations.now < current.requestedAt + 7 * DAY;
  if (step === 'deny' && isOpen) {
    expectOk(await denyDeletion(context, await desk.as('bob'), desk.keyId, {}));
    return other({ status: 'denied' });
  }
  if (step === 'approve' && isOpen) {
    const approver = await desk.person('bob');
    const round = (await loadAuthorization(context.store, reference))?.round ?? 1;
    expectOk(await approveDeletion(context, { ...reference, approver, round, decidedThrough: 'api' }));
    return other({ status: 'approved', approver: desk.id('bob') });
  }
  return known;
}

const fits = (
  one: Known,
  { status, keyId, requester, approver, from, to }: Omit<AuthorizationListing, 'limit'>,
) =>
  (status === undefined || one.status === status) &&
  (keyId === undefined || one.keyId === keyId) &&
  (requester === undefined || one.requester === requester) &&
  (approver === undefined || one.approver === approver) &&
  (from === undefined || one.requestedAt >= from) &&
  (to === undefined || one.requestedAt < to);

/** Every page put together. */
async function everyPage({ context }: Operations, caller: Caller, listing: AuthorizationListing) {
  const found: Authorization[] = [];
  let cursor: string | undefined;
  do {
    const page = expectOk(await listAuthorizations(context, caller, { ...listing, cursor }));
    expect(page.authorizations.length).toBeLessThanOrEqual(listing.limit);
    found.push(...page.authorizations.map(({ authorization }) => authorization));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}

const optionally = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });

const inEach = (name: string, tests: (operations: Operations, runs: number) => void) => {
  for (const [store, opened, runs] of STORES) {
    // Where there is no DynamoDB Local the run has said so.
    describe.skipIf(opened === undefined)(`${name}, in ${store}`, () => {
      if (opened !== undefined) tests(operationsOn(opened.store), runs);
    });
  }
};

inEach('authorizations across keys', (operations, runs) => {
  async function threeKeys(): Promise<{ readonly desk: Desk; readonly desks: readonly Desk[] }> {
    const desk = await operations.newDesk();
    const more = await Promise.all(
      ['second', 'third'].map(async (name) =>
        createKey(operations.context, await desk.as('alice'), { name, extractable: false }),
      ),
    );
    return { desk, desks: [desk, ...more.map((made) => ({ ...desk, keyId: expectOk(made).key.id }))] };
  }

  it('are listed as a plain list knows them, whatever has happened, under any filter and page by page', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...STEPS), fc.nat(2)), { minLength: 3, maxLength: 14 }),
        fc.array(
          fc.record({
            status: optionally(
              fc.constantFrom<Status>('pending', 'lapsed', 'denied', 'approved', 'superseded'),
            ),
            key: optionally(fc.nat(2)),
            requester: optionally(fc.constantFrom<Name>('wendy', 'alice', 'carol')),
            approver: optionally(fc.constantFrom<Name>('bob')),
            from: optionally(fc.nat(40)),
            to: optionally(fc.nat(40)),
            limit: fc.integer({ min: 1, max: 5 }),
          }),
          { minLength: 2, maxLength: 4 },
        ),
        async (steps, filters) => {
          const { desk, desks } = await threeKeys();
          const began = operations.now;
          let known: readonly Known[] = [];
          for (const [step, key] of steps) known = await live(operations, desks[key] ?? desk, known, step);
          const newest = known.toSorted((a, b) => b.requestedAt - a.requestedAt);
          for (const { key, requester, approver, from, to, ...rest } of filters) {
            const filter = {
              ...rest,
              keyId: key === undefined ? undefined : desks[key]?.keyId,
              requester: requester && desk.id(requester),
              approver: approver && desk.id(approver),
              // Some on the very millisecond of a request.
              from: from === undefined ? undefined : began + from * HOUR,
              to: to === undefined ? undefined : began + to * HOUR,
            };
            const listed = await everyPage(operations, await desk.as('bob'), filter);
            expect(listed.map(({ id, status }) => [id, status])).toEqual(
              newest.filter((one) => fits(one, filter)).map(({ id, status }) => [id, status]),
            );
          }
        },
      ),
      { numRuns: runs },
    );
  });

  it('that the first version wrote are there, without anything having to be added to them', async () => {
    const desk = await operations.newDesk();
    const reference = await ask(operations.context, desk);
    const written = await loadAuthorization(operations.context.store, reference);
    if (written === undefined) throw new Error('nothing was recorded');
    // What the first version's items had, and where its list was (`authorizations#<instance>`, by time and id).
    const { approversSince: _, ...older } = written;
    const id = '00000000-0000-4000-8000-000000000000';
    const requestedAt = Date.UTC(2025, 0, 1);
    await operations.context.store.commit([
      {
        put: {
          table: 'main',
          partition: `key#${desk.instanceId}#${desk.keyId}`,
          sort: `authorization#${id}`,
          attributes: JSON.parse(
            JSON.stringify({ ...older, id, requestedAt, status: 'expired', endedAt: requestedAt + 1 }),
          ),
          indexes: {
            list: { partition: `authorizations#${desk.instanceId}`, sort: `2025-01-01T00:00:00.000Z#${id}` },
          },
        },
        when: [],
      },
    ]);
    const listed = await everyPage(operations, await desk.as('bob'), { limit: 10 });
    expect(listed.map((one) => one.id)).toEqual([written.id, id]);
  });
});

describe('a list of authorizations', () => {
  let operations: Operations;
  let desk: Desk;
  let others: Desk;
  beforeAll(async () => {
    operations = operationsOn(sqlite.store);
    desk = await operations.newDesk();
    const made = await createKey(operations.context, await desk.as('alice'), {
      name: 'other',
      extractable: false,
    });
    others = { ...desk, keyId: expectOk(made).key.id };
    await ask(operations.context, desk);
    await ask(operations.context, others);
  });

  const withGrant = async (on: { readonly key: string } | { readonly keyRing: string }): Promise<Caller> => {
    const caller = await desk.as('bob');
    const grants = [{ role: 'Reader', on, grantedAt: 0 }] as const;
    return { ...caller, person: { ...caller.person, roles: {}, grants } };
  };

  it('shows whoever has a grant on one key that key’s alone', async () => {
    const listed = await everyPage(operations, await withGrant({ key: desk.keyId }), { limit: 10 });
    expect(listed.map(({ keyId }) => keyId)).toEqual([desk.keyId]);
  });

  it('shows whoever has a grant on a ring those of the keys in it', async () => {
    const inRing = await everyPage(operations, await withGrant({ keyRing: 'default' }), { limit: 10 });
    expect(inRing).toHaveLength(2);
    expect(await everyPage(operations, await withGrant({ keyRing: 'elsewhere' }), { limit: 10 })).toEqual([]);
  });

  it('is refused to whoever can read no history', async () => {
    const caller = await desk.as('bob');
    const purger = { ...caller, person: { ...caller.person, roles: { KeyPurge: 0 } } };
    expect(refusalOf(await listAuthorizations(operations.context, purger, { limit: 10 }))).toBe(
      'access-denied',
    );
  });

  it('says whom each waits for: every Manager but the one who asked', async () => {
    const { authorizations } = expectOk(
      await listAuthorizations(operations.context, await desk.as('bob'), { limit: 10 }),
    );
    const [first] = authorizations;
    expect([...(first?.waitsFor ?? [])].sort()).toEqual(
      [desk.id('alice'), desk.id('bob'), desk.id('carol')].sort(),
    );
  });

  it('reads no more than 500 keys for a page of whoever may see few of them, and goes on with the next', async () => {
    const lonely = await operations.newDesk();
    const { store } = operations.context;
    const reference = await ask(operations.context, lonely);
    const newest = await loadAuthorization(store, reference);
    if (newest === undefined) throw new Error('nothing was recorded');
    const many = Array.from({ length: 600 }, (_, i) => {
      const id = `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
      const older = { ...newest, id, keyId: id, requestedAt: newest.requestedAt - 1 - i };
      return { put: authorizationItem(older, operations.now), when: [] };
    });
    for (let i = 0; i < many.length; i += 100) await store.commit(many.slice(i, i + 100));
    let keys = 0;
    const get: typeof store.get = (key) => {
      if (key.partition.startsWith('key#')) keys += 1;
      return store.get(key);
    };
    const context = { ...operations.context, store: { ...store, get } };
    const caller = {
      ...(await withGrant({ keyRing: 'elsewhere' })),
      instance: (await lonely.as('bob')).instance,
    };
    const first = expectOk(await listAuthorizations(context, caller, { limit: 10 }));
    expect([first.authorizations, keys]).toEqual([[], 500]);
    const rest = expectOk(await listAuthorizations(context, caller, { limit: 10, cursor: first.cursor }));
    expect([rest.cursor, keys]).toEqual([undefined, 601]);
  });

  it.each(['', 'x', Buffer.from('keys#1').toString('base64url'), '0'.repeat(300)])(
    'does not take %j for a cursor',
    async (cursor) => {
      const listing = { limit: 10, cursor };
      await expect(listAuthorizations(operations.context, await desk.as('bob'), listing)).rejects.toThrow(
        CursorError,
      );
    },
  );

  test('a page that finds nothing among five thousand ends there, and the next one goes on', async () => {
    const lonely = await operations.newDesk();
    const reference = await ask(operations.context, lonely);
    const newest = await loadAuthorization(operations.context.store, reference);
    if (newest === undefined) throw new Error('nothing was recorded');
    const many = Array.from({ length: 5_005 }, (_, i) => {
      const id = `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
      return authorizationItem({ ...newest, id, requestedAt: newest.requestedAt - 1 - i }, operations.now);
    });
    for (let i = 0; i < many.length; i += 100) {
      await operations.context.store.commit(many.slice(i, i + 100).map((put) => ({ put, when: [] })));
    }
    const caller = await lonely.as('bob');
    const none = { limit: 10, status: 'denied' } as const;
    const first = expectOk(await listAuthorizations(operations.context, caller, none));
    expect(first.authorizations).toEqual([]);
    const second = expectOk(
      await listAuthorizations(operations.context, caller, { ...none, cursor: first.cursor }),
    );
    expect(second).toMatchObject({ authorizations: [] });
    expect(second.cursor).toBeUndefined();
  });
});
