import { type AuditAction, COUNTERSIGN, type EventDraft } from '../../domain/audit.ts';
import {
  APPROVAL_VALIDITY,
  type Authorization,
  type In,
  reauthorizationWindowOf,
  requestingPrincipal,
} from '../../domain/authorization.ts';
import { restoreWindowOf } from '../../domain/destruction.ts';
import { PermanentError } from '../../domain/errors.ts';
import { DESTROYED, type Key } from '../../domain/key.ts';
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
import { changesSince } from '../round.ts';
import { withRecord } from '../shreddings.ts';
import { commitTransition, loadCurrent, type Transition } from '../transition.ts';
import { transientIfContended } from './contention.ts';
import { type Progress, progressOf } from './progress.ts';

/**
 * The only step that destroys a key. The key's state, the end of its material, the authorization's end, the event
 * and the mails are one write, conditional on everything that two people agreed to.
 * @throws TransientError when others changed the key again and again meanwhile.
 */
export async function deleteKeyStep(context: Context, reference: Reference): Promise<Progress> {
  const authorization = transientIfContended(await attempt(context, () => carryOutOnce(context, reference)));
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
  const now = context.clock.now();
  const carried = carryOut({ key, authorization: before }, both, reauthorizationWindowOf(before), now);
  const after =
    carried.status === 'drifted'
      ? { ...carried, changes: await changesSince(context, before, key) }
      : carried;
  const shared = { key, before, after, now };
  const committed =
    after.status === 'consumed'
      ? await commitDestruction(
          context,
          { ...shared, ...destruction(key, before, after, { ...both, people }) },
          { window: restoreWindowOf(instance), by: after.approver },
        )
      : await commitTransition(context, { ...shared, ...closing(after, people) });
  return committed ? accept(after) : undefined;
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
  const { endedAt, approver, requester, twoPeople } = after;
  return {
    event: {
      action: 'kms.secrets.delete',
      actor: approver,
      outcome: 'success',
      data: {
        keyState: DESTROYED,
        requester,
        lossDigest: after.lossDigest,
        decidedThrough: after.decidedThrough,
        force: after.force,
        registrations: after.manifest.registrations?.total,
      },
    },
    mails: outcomeMails('key-destroyed', after, everybody.people),
    nextKey: {
      state: DESTROYED,
      deletedAt: endedAt,
      deletedBy: approver,
      updatedAt: endedAt,
      actedAt: endedAt,
    },
    keyWhen: [
      { attribute: 'lossVersion', is: 'equal', value: before.lossVersion },
      { attribute: 'dualAuthorization', is: 'equal', value: twoPeople },
    ],
    when: [
      ...sameTwo(before),
      { attribute: 'approvedAt', is: 'greaterOrEqual', value: endedAt - APPROVAL_VALIDITY },
    ],
    writes: grants(key, before, everybody),
  };
}

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
