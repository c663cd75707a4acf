import { type Authorization, isOver } from '../domain/authorization.ts';
import type { Item } from '../ports/store.ts';
import type { Context } from './context.ts';
import { inputOf } from './execution-input.ts';
import {
  authorizationItem,
  authorizationKey,
  authorizationOfItem,
  loadAuthorization,
  nextLook,
  type Reference,
  referenceOf,
} from './records/authorization.ts';
import { DUE_SHARDS, type DueKind, dueAt, dueShard, dueUntil } from './records/due.ts';
import { loadKey } from './records/key.ts';
import { mailOfItem } from './records/mail.ts';
import { sendMail } from './send-mails.ts';
import { settleAuthorization } from './settle-authorization.ts';
import { asRead, executionName, wake } from './transition.ts';

/** Items looked at in one go; what is left is due still and comes with the next sweep. */
const MOST_ITEMS_A_SHARD = 200;
/** A mail server that does not answer takes up to 30 seconds each time: after three it is left alone for a minute. */
const MOST_UNSENT = 3;

/**
 * Finishes what was left between two writes: wakes who was decided about and not woken, restarts whose execution is
 * gone, closes what is past its end, sends what was not sent. Run every minute; running twice at once does no harm.
 * @returns how many items it looked at.
 */
export async function sweep(context: Context): Promise<{ readonly looked: number }> {
  const authorizations = await dueItems(context, 'authorization');
  for (const item of authorizations) {
    const reference = referenceOf(authorizationOfItem(item));
    const done = await guarded(context, item, () => lookAfter(context, reference));
    if (done !== true) await guarded(context, item, () => putOff(context, reference));
  }
  const mails = await dueItems(context, 'mail');
  let unsent = 0;
  for (const item of mails) {
    const sent = await guarded(context, item, () => sendMail(context, mailOfItem(item)));
    if (sent === false) unsent += 1;
    if (unsent >= MOST_UNSENT) break;
  }
  return { looked: authorizations.length + mails.length };
}

async function dueItems({ store, clock }: Context, kind: DueKind): Promise<readonly Item[]> {
  const upTo = dueUntil(clock.now());
  const shards = await Promise.all(
    Array.from({ length: DUE_SHARDS }, (_, shard) =>
      store.query({
        table: 'main',
        index: 'due',
        partition: dueShard(kind, shard),
        upTo,
        limit: MOST_ITEMS_A_SHARD,
      }),
    ),
  );
  return shards.flatMap(({ items }) => items);
}

/** One item that cannot be dealt with must not keep the others waiting. */
async function guarded<T>(context: Context, item: Item, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    context.log.error('the sweeper could not finish an item and will come back', {
      item: item.sort.split('#', 2).join('#'),
      problem: error instanceof Error ? error.name : 'unknown',
    });
    return undefined;
  }
}

async function lookAfter(context: Context, reference: Reference): Promise<boolean> {
  const settled = await settleAuthorization(context, reference);
  if (!settled.ok) return false;
  await wake(context, settled.value);
  if (!(await isAlive(context, settled.value))) await restart(context, settled.value);
  await comeBackLater(context, reference);
  return true;
}

/** Behind everything that is due now: what cannot be dealt with must not be all that a sweep ever gets to see. */
async function putOff({ store, clock }: Context, reference: Reference): Promise<void> {
  await store.commit([
    {
      update: authorizationKey(reference),
      when: [{ item: 'present' }, { attribute: 'told', is: 'absent' }],
      indexes: { due: dueAt('authorization', clock.now(), reference.authorizationId) },
    },
  ]);
}

const isAlive = async ({ workflow }: Context, authorization: Authorization): Promise<boolean> =>
  (await workflow.status(executionName(authorization))) === 'RUNNING';

/**
 * A new execution in the place of one that is gone, under the next incarnation: AWS refuses a name that was used. The
 * incarnation is written first, so that two sweepers do not both start one.
 */
async function restart(context: Context, before: Authorization): Promise<void> {
  const now = context.clock.now();
  const after = { ...before, incarnation: before.incarnation + 1 };
  // Told meanwhile: its execution is gone because it has come to its end.
  const when = [...asRead(before), { attribute: 'told', is: 'absent' } as const];
  const taken = await context.store.commit([{ put: authorizationItem(after, now), when }]);
  if (!taken.committed) return;
  context.log.info('an execution was gone and is replaced', {
    authorizationId: before.id,
    incarnation: after.incarnation,
  });
  await context.workflow.stop(executionName(before), 'replaced by the next incarnation');
  await startExecution(context, after);
}

/** Starts the execution of an authorization that is recorded: its first step finds it, and goes on from there. */
async function startExecution(context: Context, authorization: Authorization): Promise<void> {
  const key = await loadKey(context.store, authorization.instanceId, authorization.keyId);
  const input = {
    ...referenceOf(authorization),
    incarnation: authorization.incarnation,
    requester: authorization.requester,
    twoPeople: authorization.twoPeople,
    stopVersion: key?.stopVersion ?? 0,
  };
  await context.workflow.start(executionName(authorization), inputOf(input));
}

async function comeBackLater({ store, clock }: Context, reference: Reference): Promise<void> {
  const authorization = await loadAuthorization(store, reference);
  if (authorization === undefined) return;
  const now = clock.now();
  const at = isOver(authorization.status)
    ? now + backoff(authorization)
    : Math.max(nextLook(authorization, now), now + backoff(authorization));
  await store.commit([
    {
      update: authorizationKey(reference),
      // Told meanwhile: it has left the list and stays off it.
      when: [...asRead(authorization), { attribute: 'told', is: 'absent' }],
      indexes: { due: dueAt('authorization', at, authorization.id) },
    },
  ]);
}

/** The longer an execution fails to finish, the rarer it is started again: 30 seconds to a day. */
const backoff = ({ incarnation }: Authorization): number =>
  Math.min(30_000 * 2 ** Math.min(incarnation - 1, 12), 86_400_000);
