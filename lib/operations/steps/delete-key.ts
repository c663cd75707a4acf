import { type AuditAction, COUNTERSIGN, type EventDraft } from '../../domain/audit.ts';
import {
  APPROVAL_VALIDITY,
  type Authorization,
  type In,
  reauthorizationWindowOf,
  requestingPrincipal,
} from '../../domain/authorization.ts';
import { beginDestroying } from '../../domain/destroying.ts';
import { restoreWindowOf } from '../../domain/destruction.ts';
import { differences } from '../../domain/difference.ts';
import { PermanentError } from '../../domain/errors.ts';
import type { Key } from '../../domain/key.ts';
import { type BothPeople, carryOut } from '../../domain/outcome.ts';
import type { Person } from '../../domain/person.ts';
import { accept, type Decision } from '../../domain/refusal.ts';
import type { Condition, Write } from '../../ports/store.ts';
import { attempt } from '../attempts.ts';
import { bothStillCount, requesterStillCounts } from '../both-people.ts';
import type { Context } from '../context.ts';
import { outcomeMails } from '../mails.ts';
import type { Reference } from '../records/authorization.ts';
import { loadInstance } from '../records/instance.ts';
import { loadPeople } from '../records/person.ts';
import { endOfMaterial } from '../retained-material.ts';
import { changesSince, readLoss } from '../round.ts';
import { withRecord } from '../shreddings.ts';
import { commitTransition, loadCurrent, type Transition } from '../transition.ts';
import { transientIfContended } from './contention.ts';
import { destroyThere } from './destroy-there.ts';
import { destroyed } from './destroyed.ts';
import { type Progress, progressOf } from './progress.ts';

/**
 * The only step that destroys a key. The key's state, the end of its material, the authorization's end, the event
 * and the mails are one write, conditional on everything that two people agreed to. Of a key that lives elsewhere that
 * write says `destroying`, its provider is told then, and what it answers is written last.
 * @throws TransientError when others changed the key again and again meanwhile, or a provider does not answer.
 */
export async function deleteKeyStep(context: Context, reference: Reference): Promise<Progress> {
  const before = transientIfContended(await attempt(context, () => carryOutOnce(context, reference)));
  const authorization = before.status === 'destroying' ? await destroyThere(context, reference) : before;
  return progressOf(authorization, context.clock.now());
}

async function carryOutOnce(
  context: Context,
  reference: Reference,
): Promise<Decision<Authorization> | undefined> {
  const { store } = context;
  const current = await loadCurrent(store, reference);
  const instance = await loadInstance(store, reference.instanceId);
  if (current === undefined || instance === undefined) {
    throw new PermanentError('the authorization that is to be carried out is not there');
  }
  const { key, authorization: before } = current;
  if (before.status !== 'approved') return accept(before);
  const people = await loadPeople(store, reference.instanceId);
  const both: BothPeople = {
    requester: named(people, before.requester),
    approver: named(people, before.approver),
    serviceApprovals: instance.serviceApprovals,
  };
  const after = await outcomeOf(context, { key, authorization: before }, both);
  const shared = { key, before, after: after.value, now: after.now };
  const everybody = { people, ...both };
  const committed = await commitOutcome(context, shared, { everybody, window: restoreWindowOf(instance) });
  return committed ? accept(after.value) : undefined;
}

type Outcome = ReturnType<typeof carryOut> | In<'destroying'>;

/** What becomes of it now. What a provider says is read before the time is, and the people are conditions of the write. */
async function outcomeOf(
  context: Context,
  current: { readonly authorization: In<'approved'>; readonly key: Key },
  both: BothPeople,
): Promise<{ readonly value: Outcome; readonly now: number }> {
  const { authorization: before, key } = current;
  const reauthorizationWindow = reauthorizationWindowOf(before);
  if (key.external !== undefined) {
    const { requester: id, round } = before;
    const read = await readLoss(context, { key, requester: { id }, round });
    const loss = read.ok ? read.value : { refused: read.refusal.detail ?? read.refusal.code };
    const now = context.clock.now();
    const value = beginDestroying(current, both, { loss, reauthorizationWindow }, now);
    if (value.status !== 'drifted' || !read.ok) return { value, now };
    return { value: { ...value, changes: differences(before.manifest, read.value.manifest) }, now };
  }
  const now = context.clock.now();
  const value = carryOut(current, both, reauthorizationWindow, now);
  if (value.status !== 'drifted') return { value, now };
  return { value: { ...value, changes: await changesSince(context, before, key) }, now };
}

interface Carried {
  readonly key: Key;
  readonly before: In<'approved'>;
  readonly after: Outcome;
  readonly now: number;
}

function commitOutcome(
  context: Context,
  { key, before, after, now }: Carried,
  { everybody, window }: { readonly everybody: Everybody; readonly window: number },
): Promise<boolean> {
  if (after.status === 'consumed') {
    const parts = destruction(key, before, after, everybody);
    const transition = { key, before, after, now, ...parts };
    return commitDestruction(context, transition, { window, by: after.approver });
  }
  const parts =
    after.status === 'destroying'
      ? beginning(key, before, after, everybody)
      : closing(after, everybody.people);
  return commitTransition(context, { key, before, after, now, ...parts });
}

/** With the material set aside for the instance's restore window, or shredded where there is none. */
async function commitDestruction(
  context: Context,
  transition: Transition,
  { window, by }: { readonly window: number; readonly by: string },
): Promise<boolean> {
  const { key, now } = transition;
  const end = await endOfMaterial(context, key, { window, now });
  const commit = () =>
    commitTransition(context, {
      ...transition,
      nextKey: { ...transition.nextKey, ...end.nextKey },
      writes: [...(transition.writes ?? []), ...end.writes],
    });
  if (end.nextKey.shreddedAt === undefined) return commit();
  return withRecord(context, { key, deletedAt: now, deletedBy: by, now }, commit);
}

const named = (people: readonly Person[], id: string): Person | undefined =>
  people.find((person) => person.id === id);

interface Everybody extends BothPeople {
  readonly people: readonly Person[];
}

type Parts = Omit<Transition, 'key' | 'before' | 'after' | 'now'>;

function destruction(key: Key, before: In<'approved'>, after: In<'consumed'>, everybody: Everybody): Parts {
  return {
    ...destroyed(after, everybody.people),
    ...agreed(key, before, { everybody, now: after.endedAt }),
  };
}

/** The key lives elsewhere: from here on its provider is asked, and nothing takes it back. */
const beginning = (
  key: Key,
  before: In<'approved'>,
  after: In<'destroying'>,
  everybody: Everybody,
): Parts => ({
  event: {
    action: 'countersign.authorization.destroy',
    actor: after.approver,
    outcome: 'success',
    data: {
      requester: after.requester,
      lossDigest: after.lossDigest,
      provider: key.external?.providerName,
      reference: key.external?.reference,
    },
  },
  mails: [],
  nextKey: { destroyingSince: after.startedAt, updatedAt: after.startedAt },
  ...agreed(key, before, { everybody, now: after.startedAt }),
});

/** Everything that two people agreed to, as conditions of the write that there is no way back from. */
const agreed = (
  key: Key,
  before: In<'approved'>,
  { everybody, now }: { readonly everybody: Everybody; readonly now: number },
): Pick<Transition, 'keyWhen' | 'when' | 'writes'> => ({
  keyWhen: [
    { attribute: 'lossVersion', is: 'equal', value: before.lossVersion },
    { attribute: 'dualAuthorization', is: 'equal', value: before.twoPeople },
  ],
  when: [
    ...sameTwo(before),
    { attribute: 'approvedAt', is: 'greaterOrEqual', value: now - APPROVAL_VALIDITY },
  ],
  writes: grants(key, before, everybody),
});

const sameTwo = (before: In<'approved'>): readonly Condition[] => [
  { attribute: 'requester', is: 'equal', value: before.requester },
  same('requesterPrincipal', before.requesterPrincipal),
  { attribute: 'approver', is: 'equal', value: before.approver },
  same('approverPrincipal', before.approverPrincipal),
  { attribute: 'lossDigest', is: 'equal', value: before.lossDigest },
];

const same = (attribute: string, value: string | undefined): Condition =>
  value === undefined ? { attribute, is: 'absent' } : { attribute, is: 'equal', value };

/** Both roles are still held. One item cannot be named twice, and one person's deletion names one. */
function grants(key: Key, before: In<'approved'>, both: BothPeople): readonly Write[] {
  if (before.twoPeople) return bothStillCount(both, before, key);
  if (both.requester === undefined) throw new PermanentError('the requester is gone and was accepted');
  return requesterStillCounts(both.requester, before, key);
}

function closing(after: In<'drifted'> | In<'void'> | In<'refused'>, people: readonly Person[]): Parts {
  const data = after.status === 'drifted' ? undefined : { why: after.why };
  const event: EventDraft = {
    action: ACTIONS[after.status],
    actor: COUNTERSIGN,
    outcome: 'success',
    ...(data && { data }),
  };
  return {
    event,
    mails:
      after.status === 'drifted'
        ? [{ template: 'loss-changed', to: requestingPrincipal(after) }]
        : outcomeMails('not-carried-out', after, people),
    nextKey: { setForDeletionUntil: undefined },
  };
}

const ACTIONS = {
  drifted: 'countersign.authorization.drift',
  void: 'countersign.authorization.void',
  refused: 'countersign.authorization.refuse',
} as const satisfies { readonly [status: string]: AuditAction };
