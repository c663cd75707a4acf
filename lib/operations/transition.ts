import type { EventDraft } from '../domain/audit.ts';
import type { Authorization } from '../domain/authorization.ts';
import type { Key } from '../domain/key.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Condition, Store, Write } from '../ports/store.ts';
import { commitKeyChange } from './change.ts';
import type { Context } from './context.ts';
import { type MailDraft, mailWrites } from './mails.ts';
import {
  authorizationItem,
  loadAuthorization,
  type Reference,
  referenceOf,
} from './records/authorization.ts';
import { destroyingWrites } from './records/destroying.ts';
import { loadKey } from './records/key.ts';
import { loadWait } from './records/wait.ts';

/** The key and one of its authorizations, read in this order: what changes between the reads fails the commit. */
export async function loadCurrent(
  store: Store,
  reference: Reference,
): Promise<{ readonly key: Key; readonly authorization: Authorization } | undefined> {
  const key = await loadKey(store, reference.instanceId, reference.keyId);
  const authorization = key && (await loadAuthorization(store, reference));
  return key && authorization && { key, authorization };
}

/** The authorization that counts for the key, whatever became of it. */
export async function currentAuthorization(store: Store, key: Key): Promise<Authorization | undefined> {
  if (key.authorizationId === undefined) return undefined;
  return loadAuthorization(store, {
    instanceId: key.instanceId,
    keyId: key.id,
    authorizationId: key.authorizationId,
  });
}

export interface Transition {
  readonly key: Key;
  readonly before: Authorization;
  readonly after: Authorization;
  readonly now: EpochMillis;
  readonly event: EventDraft;
  readonly mails: readonly MailDraft[];
  readonly nextKey?: Partial<Key>;
  /** Conditions on the key beside that it points to this authorization. */
  readonly keyWhen?: readonly Condition[];
  /** Conditions on the authorization beside its status and round. */
  readonly when?: readonly Condition[];
  /** Conditions on people, and what else is written. */
  readonly writes?: readonly Write[];
}

/**
 * A change that somebody outside of the execution makes: the write, and the wake-up, which only makes the execution
 * look. Where they can be one transaction they are; a token that was stored meanwhile is woken after it.
 * @returns false when a condition did not hold: nothing has changed.
 */
export async function commitDecision(context: Context, decision: Transition): Promise<boolean> {
  const waking = await wakingBy(context, decision.after);
  const committed = await commitTransition(waking?.context ?? context, decision);
  if (committed) await wake(context, decision.after, waking?.taskToken);
  return committed;
}

interface Waking {
  readonly taskToken: string;
  /** In which a commit wakes by that token. */
  readonly context: Context;
}

/** How a commit can also wake the step that does not wait for this; undefined where none is to be woken, or none can. */
async function wakingBy(context: Context, after: Authorization): Promise<Waking | undefined> {
  const { wakingCommit, store } = context;
  if (wakingCommit === undefined) return undefined;
  const taskToken = await tokenToWake(store, after);
  if (taskToken === undefined) return undefined;
  const commit: Store['commit'] = (writes) => wakingCommit(writes, taskToken);
  const wakingStore: Store = { get: (key) => store.get(key), query: (query) => store.query(query), commit };
  return { taskToken, context: { ...context, store: wakingStore } };
}

/** The token of the step that waits, where it waits for something else than what is. */
async function tokenToWake(store: Store, authorization: Authorization): Promise<string | undefined> {
  const wait = await loadWait(store, referenceOf(authorization));
  return wait === undefined || wait.whileIn.includes(authorization.status) ? undefined : wait.taskToken;
}

/**
 * One change of an authorization: one conditional write with its event and its mails.
 * @returns false when a condition did not hold: nothing has changed.
 */
export async function commitTransition(context: Context, transition: Transition): Promise<boolean> {
  const { key, before, after, now, event, nextKey } = transition;
  const authorization: Write = {
    put: authorizationItem(after, now),
    when: [...asRead(before), ...(transition.when ?? [])],
  };
  const mails = await mailWrites(context, after, transition.mails, now);
  return commitKeyChange(context, {
    key,
    now,
    events: [{ ...event, authorizationId: after.id, round: after.round }],
    ...(nextKey !== undefined && { next: nextKey }),
    when: [{ attribute: 'authorizationId', is: 'equal', value: before.id }, ...(transition.keyWhen ?? [])],
    writes: [authorization, ...destroyingWrites(before, after), ...mails, ...(transition.writes ?? [])],
  });
}

/** Holds while the authorization is what was decided on. */
export const asRead = (authorization: Authorization): readonly Condition[] => [
  { attribute: 'status', is: 'equal', value: authorization.status },
  { attribute: 'round', is: 'equal', value: authorization.round },
  { attribute: 'incarnation', is: 'equal', value: authorization.incarnation },
  // Each attempt is counted without an event, so that the key's chain does not tell of it.
  ...(authorization.status === 'destroying'
    ? [{ attribute: 'attempts', is: 'equal', value: authorization.attempts } as const]
    : []),
];

/**
 * Wakes the step that waits, if it waits for something else than what is. A wake-up that fails is not lost: the
 * authorization says what was decided, and the sweeper wakes whoever has not seen it.
 * @param woken the token that was used already: nothing waits on it any more.
 */
export async function wake(context: Context, authorization: Authorization, woken?: string): Promise<void> {
  try {
    const taskToken = await tokenToWake(context.store, authorization);
    if (taskToken !== undefined && taskToken !== woken) await context.workflow.wake(taskToken);
  } catch (error) {
    context.log.error('an execution could not be woken; the sweeper will', {
      authorizationId: authorization.id,
      problem: error instanceof Error ? error.name : 'unknown',
    });
  }
}

export const executionName = (authorization: Pick<Authorization, 'id' | 'incarnation'>): string =>
  `${authorization.id}-${authorization.incarnation}`;
