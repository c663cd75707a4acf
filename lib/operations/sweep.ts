import { type Authorization, isOver } from '../domain/authorization.ts';
import { DEFAULT_DRILL } from '../domain/drill.ts';
import type { Item } from '../ports/store.ts';
import { checkpointInstance, checkpointKeys } from './checkpoints.ts';
import { expireConsoleSession } from './console-sessions.ts';
import type { Context } from './context.ts';
import { startDueDrills } from './drills.ts';
import { endDueDrill } from './end-drill.ts';
import { inputOf } from './execution-input.ts';
import { expireChange } from './expire-change.ts';
import { expireImportToken } from './import-token.ts';
import { inLanes } from './lanes.ts';
import { lookAfterKey, putOffKey } from './look-after-key.ts';
import { tellOf, tellOfSweep } from './measuring.ts';
import {
  authorizationItem,
  authorizationKey,
  authorizationOfItem,
  loadAuthorization,
  nextLook,
  type Reference,
  referenceOf,
} from './records/authorization.ts';
import { checkpointListOf } from './records/checkpoint.ts';
import { DUE_SHARDS, type DueKind, dueAt, dueShard, dueUntil } from './records/due.ts';
import { keyOfItem, loadKey } from './records/key.ts';
import { isPeopleMail, mailOfItem } from './records/mail.ts';
import { remind } from './reminders.ts';
import { sendTogether } from './send-mails.ts';
import { expireSession } from './sessions.ts';
import { settleAuthorization } from './settle-authorization.ts';
import { asRead, executionName, wake } from './transition.ts';

/** Items looked at in one go; what is left is due still and comes with the next sweep. */
const MOST_ITEMS_A_SHARD = 200;
/** One policy makes the keys of one day due at one moment, and each waits for the sealing of its new version. */
const KEY_LANES = 8;
/** A mail server that does not answer takes up to 30 seconds each time: after three it is left alone for a minute. */
const MOST_UNSENT = 3;

/**
 * Finishes what was left between two writes: wakes who was decided about and not woken, restarts whose execution is
 * gone, closes what is past its end, writes what time has made of keys, sends what was not sent. Run every minute;
 * running twice at once does no harm.
 * @returns how many items it looked at, and whether more mails may be due though it could hand over all that it found:
 * after a burst they would go out over hours, so many each minute.
 */
export async function sweep(
  context: Context,
): Promise<{ readonly looked: number; readonly moreMails: boolean }> {
  const authorizations = await dueItems(context, 'authorization');
  for (const item of authorizations) {
    const reference = referenceOf(authorizationOfItem(item));
    const done = await guarded(context, item, () => lookAfter(context, reference));
    if (done !== true) await guarded(context, item, () => putOff(context, reference));
  }
  const keys = await dueItems(context, 'key');
  // First: what this leaves of the keys' entries is what is due of them besides.
  await checkpointKeys(context, keys.map(keyOfItem));
  await inLanes(keys, KEY_LANES, async (item) => {
    const key = keyOfItem(item);
    const done = await guarded(context, item, () => lookAfterKey(context, key));
    if (done !== true) await guarded(context, item, () => putOffKey(context, key));
  });
  const importTokens = await dueItems(context, 'import-token');
  for (const item of importTokens) await guarded(context, item, () => expireImportToken(context, item));
  const sessions = await dueItems(context, 'session');
  for (const item of sessions) await guarded(context, item, () => expireSession(context, item));
  const consoleSessions = await dueItems(context, 'console-session');
  for (const item of consoleSessions) await guarded(context, item, () => expireConsoleSession(context, item));
  const changes = await dueItems(context, 'change');
  for (const item of changes) await guarded(context, item, () => expireChange(context, item));
  const drills = await sweepDrills(context);
  const lists = await dueItems(context, 'checkpoint');
  for (const item of lists) {
    await guarded(context, item, () => checkpointInstance(context, checkpointListOf(item).instanceId));
  }
  const mails = await dueItems(context, 'mail');
  const expiring = [...importTokens, ...sessions, ...consoleSessions, ...changes];
  tellOfSweep(context, [...authorizations, ...keys, ...expiring, ...drills, ...lists, ...mails]);
  let unsent = 0;
  let allSent = true;
  for (const [first, ...others] of togetherSent(mails)) {
    const rows = [first, ...others].map(mailOfItem);
    const sent = await guarded(context, first, () => sendTogether(context, rows));
    allSent &&= sent === true;
    if (sent === false) unsent += 1;
    if (unsent >= MOST_UNSENT) break;
  }
  return {
    looked: authorizations.length + keys.length + importTokens.length + sessions.length + mails.length,
    // As many as fill a shard's part: fewer are all that there were.
    moreMails: allSent && mails.length >= MOST_ITEMS_A_SHARD,
  };
}

/**
 * Ends the drills that are over, and starts those that the installation's schedule has.
 * @returns those that were due.
 */
async function sweepDrills(context: Context): Promise<readonly Item[]> {
  const due = await dueItems(context, 'drill');
  for (const item of due) await guarded(context, item, () => endDueDrill(context, item));
  const { drillEvery } = context.settings;
  if (drillEvery !== undefined) {
    await guarded(context, { sort: 'drill#schedule' }, () =>
      startDueDrills(context, { every: drillEvery, duration: DEFAULT_DRILL }),
    );
  }
  return due;
}

/** The mails of one authorization, or of one instance's people, are sent together. */
function togetherSent(mails: readonly Item[]): Iterable<readonly [Item, ...Item[]]> {
  const groups = new Map<string, [Item, ...Item[]]>();
  for (const item of mails) {
    const row = mailOfItem(item);
    const about = isPeopleMail(row) ? row.instanceId : row.authorizationId;
    const group = groups.get(about);
    if (group === undefined) groups.set(about, [item]);
    else group.push(item);
  }
  return groups.values();
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
async function guarded<T>(
  context: Context,
  item: Pick<Item, 'sort'>,
  work: () => Promise<T>,
): Promise<T | undefined> {
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
  tellOf(context, settled.value);
  if (!(await isAlive(context, settled.value))) await restart(context, settled.value);
  await remind(context, settled.value);
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
  context.metrics?.record({ ExecutionsReplaced: 1 });
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
