import { COUNTERSIGN } from '../../domain/audit.ts';
import type { Authorization, In } from '../../domain/authorization.ts';
import {
  finishDestroying,
  isStallTold,
  mayBeUnderWay,
  refuseDestroying,
  STALLED_AFTER,
  stall,
} from '../../domain/destroying.ts';
import { PermanentError, TransientError } from '../../domain/errors.ts';
import { type External, sayProvider } from '../../domain/external-key.ts';
import type { Key } from '../../domain/key.ts';
import { accept, type Decision } from '../../domain/refusal.ts';
import { toDate } from '../../domain/time.ts';
import type { Destroyed, KeyProvider } from '../../ports/key-provider.ts';
import { attempt } from '../attempts.ts';
import type { Context } from '../context.ts';
import { outcomeMails } from '../mails.ts';
import { providerOf } from '../providers.ts';
import { authorizationKey, type Reference, referenceOf } from '../records/authorization.ts';
import { destroyingWrites } from '../records/destroying.ts';
import { loadPeople } from '../records/person.ts';
import { asRead, commitTransition, loadCurrent } from '../transition.ts';
import { transientIfContended } from './contention.ts';
import { destroyed } from './destroyed.ts';

/** A key whose destruction elsewhere is on record, and where it lives. */
interface Destroying {
  readonly key: Key;
  readonly authorization: In<'destroying'>;
  readonly external: External;
}

/**
 * Has the provider destroy a key whose authorization is `destroying`, and writes what it answered. Run again, also after
 * it was killed at any point, it asks again and finds it done: the provider's answer is the same each time.
 *
 * The deletion ends as `consumed` when the provider says that it is done, and as `refused` only when it refuses for good
 * and says that the key is still there, while no earlier call can be under way any more. In between everybody is told
 * that it does not go on, and it is tried again for as long as it takes.
 * @throws TransientError when it has not come to an end.
 */
export async function destroyThere(context: Context, reference: Reference): Promise<Authorization> {
  const current = await load(context, reference);
  if (current.authorization.status !== 'destroying') return current.authorization;
  const before = destroyingOf(current);
  const provider = providerOf(context, before.external);
  if (!provider.ok) return stalled(context, reference, provider.refusal.detail ?? provider.refusal.code);
  const isAnotherUnderWay = mayBeUnderWay(before.authorization, context.clock.now());
  const attempts = await beginAttempt(context, before);
  const answer = await ask(provider.value, before).catch(unanswered);
  if ('unanswered' in answer) return later(context, reference, answer.unanswered);
  if ('destroyed' in answer) return finish(context, reference, answer);
  const why = `${sayProvider(before.external)}: ${answer.detail}`;
  const there = await provider.value.status(before.external).catch(unanswered);
  if ('unanswered' in there) return later(context, reference, there.unanswered);
  if (there.status === 'pending deletion' || there.status === 'gone') {
    const deletionAt = there.status === 'gone' ? undefined : there.deletionAt;
    return finish(context, reference, { destroyed: true, ...(deletionAt !== undefined && { deletionAt }) });
  }
  if (there.status === 'not known') return stalled(context, reference, why);
  // An earlier call may still be on its way: nobody can say yet that it does nothing.
  return isAnotherUnderWay
    ? later(context, reference, why)
    : refuseForGood(context, reference, { why, attempts });
}

function unanswered(error: unknown): { readonly unanswered: string } {
  if (error instanceof TransientError) return { unanswered: error.message };
  throw error;
}

async function load(context: Context, reference: Reference) {
  const current = await loadCurrent(context.store, reference);
  if (current === undefined)
    throw new PermanentError('the authorization that is being carried out is not there');
  return current;
}

function destroyingOf({
  key,
  authorization,
}: {
  readonly key: Key;
  readonly authorization: Authorization;
}): Destroying {
  if (authorization.status !== 'destroying' || key.external === undefined) {
    throw new PermanentError('a key that lives here is destroyed in one write');
  }
  return { key, authorization, external: key.external };
}

/**
 * Counts the attempt before the provider is asked, so that whoever gives the deletion up knows when that was.
 * @returns which attempt this is.
 */
async function beginAttempt({ store, clock }: Context, { authorization }: Destroying): Promise<number> {
  const attempts = authorization.attempts + 1;
  const result = await store.commit([
    {
      update: authorizationKey(referenceOf(authorization)),
      when: asRead(authorization),
      set: { attempts, attemptedAt: clock.now() },
    },
    // Also of a deletion that began before there was a list of them.
    ...destroyingWrites(authorization, authorization),
  ]);
  if (!result.committed) throw new TransientError('another attempt began at the same moment');
  return attempts;
}

function ask(provider: KeyProvider, { authorization, external }: Destroying): Promise<Destroyed> {
  const { id, startedAt, force } = authorization;
  return provider.destroy(external, {
    idempotencyToken: id,
    since: startedAt,
    ...(external.pendingWindowDays !== undefined && { pendingWindowDays: external.pendingWindowDays }),
    ...(force !== undefined && { force }),
  });
}

type Done = Extract<Destroyed, { destroyed: true }>;

/** Changes the authorization while it is `destroying`; another step that was quicker has said how it ended. */
async function change(
  context: Context,
  reference: Reference,
  write: (
    current: Destroying,
    now: number,
  ) => Promise<{ readonly after: Authorization; readonly done: boolean }>,
): Promise<Authorization> {
  return transientIfContended(
    await attempt(context, async (): Promise<Decision<Authorization> | undefined> => {
      const current = await load(context, reference);
      if (current.authorization.status !== 'destroying') return accept(current.authorization);
      const { after, done } = await write(destroyingOf(current), context.clock.now());
      return done ? accept(after) : undefined;
    }),
  );
}

const finish = (context: Context, reference: Reference, answer: Done): Promise<Authorization> =>
  change(context, reference, async ({ key, authorization: before, external }, now) => {
    const after = finishDestroying(before, now);
    const people = await loadPeople(context.store, reference.instanceId);
    const { deletionAt, foreign } = answer;
    const parts = destroyed(after, people);
    const there = {
      provider: external.providerName,
      reference: external.reference,
      deletionDateThere: deletionAt === undefined ? undefined : toDate(deletionAt),
      setThereByOthers: foreign,
    };
    const done = await commitTransition(context, {
      key,
      before,
      after,
      now,
      ...parts,
      event: { ...parts.event, data: { ...parts.event.data, ...there } },
      nextKey: {
        ...parts.nextKey,
        destroyingSince: undefined,
        // Until it is gone there, restoring takes its deletion back.
        restoreUntil: deletionAt ?? now,
        ...(deletionAt === undefined && { shreddedAt: now }),
      },
    });
    return { after, done };
  });

const refuseForGood = (
  context: Context,
  reference: Reference,
  { why, attempts }: { readonly why: string; readonly attempts: number },
): Promise<Authorization> =>
  change(context, reference, async ({ key, authorization: before }, now) => {
    // Somebody has asked since: what they hear counts.
    if (before.attempts !== attempts) throw new TransientError('another attempt has begun meanwhile');
    const after = refuseDestroying(before, why, now);
    const people = await loadPeople(context.store, reference.instanceId);
    const done = await commitTransition(context, {
      key,
      before,
      after,
      now,
      event: {
        action: 'countersign.authorization.refuse',
        actor: COUNTERSIGN,
        outcome: 'success',
        data: { why },
      },
      mails: outcomeMails('not-carried-out', after, people),
      nextKey: { setForDeletionUntil: undefined, destroyingSince: undefined },
    });
    return { after, done };
  });

/** Tried again; everybody is told when that goes on for long. */
async function later(context: Context, reference: Reference, problem: string): Promise<never> {
  const { authorization } = await load(context, reference);
  const isLong =
    authorization.status === 'destroying' && context.clock.now() - authorization.startedAt >= STALLED_AFTER;
  if (isLong) return stalled(context, reference, problem);
  throw new TransientError(problem);
}

/** Tells everybody, once, that the deletion has begun and does not go on. */
async function stalled(context: Context, reference: Reference, problem: string): Promise<never> {
  await change(context, reference, async ({ key, authorization: before }, now) => {
    if (isStallTold(before)) return { after: before, done: true };
    const after = stall(before, problem, now);
    const people = await loadPeople(context.store, reference.instanceId);
    const event = {
      action: 'countersign.authorization.stall',
      actor: COUNTERSIGN,
      outcome: 'failure',
      data: { why: problem },
    } as const;
    const mails = outcomeMails('deletion-stalled', after, people).map((mail) => ({
      ...mail,
      bySweeper: true as const,
    }));
    const done = await commitTransition(context, { key, before, after, now, event, mails });
    return { after, done };
  });
  throw new TransientError(problem);
}
