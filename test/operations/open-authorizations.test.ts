import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Authorization, common } from '../../lib/domain/authorization.ts';
import type { Key } from '../../lib/domain/key.ts';
import { DAY } from '../../lib/domain/time.ts';
import type { Context } from '../../lib/operations/context.ts';
import { MOST_SHOWN, openAuthorizations } from '../../lib/operations/open-authorizations.ts';
import { authorizationItem, loadAuthorization } from '../../lib/operations/records/authorization.ts';
import { destroyingWrites } from '../../lib/operations/records/destroying.ts';
import { keyItem, loadKey } from '../../lib/operations/records/key.ts';
import { waitingFor } from '../../lib/operations/waiting-for.ts';
import { waitingOn } from '../../lib/operations/waiting-on.ts';
import type { Item } from '../../lib/ports/store.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { ask } from '../support/requests.ts';
import { expectOk } from '../support/story.ts';

let operations: Operations;
let desk: Desk;
let pending: Authorization;
let key: Key;

beforeAll(async () => {
  operations = await openOperations();
});
beforeEach(async () => {
  desk = await operations.newDesk();
  const { store } = operations.context;
  const asked = await loadAuthorization(store, await ask(operations.context, desk, 'wendy'));
  const its = await loadKey(store, desk.instanceId, desk.keyId);
  if (asked === undefined || its === undefined) throw new Error('nothing was asked for');
  pending = asked;
  key = its;
});
afterAll(() => operations.close());

async function put(items: readonly Item[]): Promise<void> {
  for (let i = 0; i < items.length; i += 100) {
    await operations.context.store.commit(items.slice(i, i + 100).map((item) => ({ put: item, when: [] })));
  }
}

/** So many that were denied, each asked for a second after the one before. */
const denied = (count: number): readonly Item[] =>
  Array.from({ length: count }, (_, i) => {
    const requestedAt = pending.requestedAt + (i + 1) * 1_000;
    const over = { id: randomUUID(), requestedAt, status: 'denied', endedAt: requestedAt } as const;
    return authorizationItem({ ...common(pending), ...over, endedBy: desk.id('bob') }, requestedAt);
  });

/** So many that wait, each with its key. */
const waiting = (count: number): readonly Item[] =>
  Array.from({ length: count }, () => {
    const [id, keyId] = [randomUUID(), randomUUID()];
    return [
      authorizationItem({ ...pending, id, keyId }, pending.requestedAt),
      keyItem({ ...key, id: keyId, aliases: [], authorizationId: id }),
    ];
  }).flat();

/** The same context, and how many reads of one item are under way at most. */
function counted(): { readonly context: Context; readonly most: () => number } {
  const { context } = operations;
  let [now, most] = [0, 0];
  const get: Context['store']['get'] = async (...args) => {
    now += 1;
    most = Math.max(most, now);
    await new Promise(setImmediate);
    return context.store.get(...args).finally(() => {
      now -= 1;
    });
  };
  return {
    context: { ...context, store: { ...context.store, get, query: (query) => context.store.query(query) } },
    most: () => most,
  };
}

describe('what is not over', () => {
  it('is found behind 1,500 newer requests that are', async () => {
    await put(denied(1_500));
    operations.now += 2_000_000;
    const { toApprove, complete } = await waitingFor(operations.context, await desk.as('bob'));
    expect(toApprove.map(({ authorization }) => authorization.id)).toEqual([pending.id]);
    expect(complete).toBe(true);
    const on = expectOk(await waitingOn(operations.context, await desk.as('bob')));
    expect([on.things.length, on.complete]).toEqual([1, true]);
  });

  it('is said not to be all once more requests have been looked through than a page can', async () => {
    await put(denied(10_000));
    operations.now += 20_000_000;
    expect(await openAuthorizations(operations.context, await desk.as('bob'))).toEqual({
      open: [],
      complete: false,
    });
  });

  it('is a deletion that has begun where its key lives, before all that is shown, and when every other round is long over', async () => {
    const startedAt = pending.requestedAt;
    const destroying: Authorization = {
      ...common(pending),
      status: 'destroying',
      approver: desk.id('bob'),
      approvedAt: startedAt,
      decidedThrough: 'api',
      startedAt,
      attempts: 1,
      attemptedAt: startedAt,
    };
    await operations.context.store.commit([
      { put: authorizationItem(destroying, startedAt), when: [] },
      ...destroyingWrites(pending, destroying),
    ]);
    await put(waiting(MOST_SHOWN));
    const first = async () => {
      const { open } = await openAuthorizations(operations.context, await desk.as('bob'));
      return [open.length, open[0]?.authorization.status];
    };
    expect(await first()).toEqual([MOST_SHOWN, 'destroying']);
    operations.now += 180 * DAY;
    expect(await first()).toEqual([1, 'destroying']);
  });

  it('is shown up to a bound, and has its keys loaded a few at a time', async () => {
    await put(waiting(MOST_SHOWN));
    const { context, most } = counted();
    const { open, complete } = await openAuthorizations(context, await desk.as('bob'));
    expect([open.length, complete]).toEqual([MOST_SHOWN, false]);
    expect(most()).toBe(16);
  });
});
