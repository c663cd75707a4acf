import { type AuditAction, COUNTERSIGN, type EventDraft } from '../../domain/audit.ts';
import { APPROVAL_VALIDITY, type Authorization, type In } from '../../domain/authorization.ts';
import { PermanentError } from '../../domain/errors.ts';
import { DESTROYED, type Key } from '../../domain/key.ts';
import { carryOut } from '../../domain/outcome.ts';
import type { Person } from '../../domain/person.ts';
import { accept, type Decision } from '../../domain/refusal.ts';
import type { Condition, Write } from '../../ports/store.ts';
import { attempt } from '../attempts.ts';
import type { Context } from '../context.ts';
import { outcomeMails } from '../mails.ts';
import type { Reference } from '../records/authorization.ts';
import { loadInstance } from '../records/instance.ts';
import { materialKey } from '../records/material.ts';
import { holdsGrant, loadPeople } from '../records/person.ts';
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
  const both = { requester: named(people, before.requester), approver: named(people, before.approver) };
  const now = context.clock.now();
  const after = carryOut({ key, authorization: before }, both, instance.reauthorizationWindow, now);
  const shared = { key, before, after, now };
  const committed = await commitTransition(
    context,
    after.status === 'consumed'
      ? { ...shared, ...destruction(key, before, after, people) }
      : { ...shared, ...closing(after, people) },
  );
  return committed ? accept(after) : undefined;
}

const named = (people: readonly Person[], id: string): Person | undefined =>
  people.find((person) => person.id === id);

type Parts = Omit<Transition, 'key' | 'before' | 'after' | 'now'>;

function destruction(
  key: Key,
  before: In<'approved'>,
  after: In<'consumed'>,
  people: readonly Person[],
): Parts {
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
      },
    },
    mails: outcomeMails('key-destroyed', after, people),
    nextKey: { state: DESTROYED, deletedAt: endedAt, deletedBy: approver, updatedAt: endedAt },
    keyWhen: [
      { attribute: 'lossVersion', is: 'equal', value: before.lossVersion },
      { attribute: 'dualAuthorization', is: 'equal', value: twoPeople },
    ],
    when: [
      ...sameTwo(before),
      { attribute: 'approvedAt', is: 'greaterOrEqual', value: endedAt - APPROVAL_VALIDITY },
    ],
    writes: [...grants(before), shredding(key)],
  };
}

const sameTwo = ({ requester, approver, lossDigest }: In<'approved'>): readonly Condition[] => [
  { attribute: 'requester', is: 'equal', value: requester },
  { attribute: 'approver', is: 'equal', value: approver },
  { attribute: 'lossDigest', is: 'equal', value: lossDigest },
];

/** Both roles are still held. One item cannot be named twice, and one person's deletion names one. */
function grants({ instanceId, requester, requesterRole, requestedAt, approver, twoPeople }: In<'approved'>) {
  const first = holdsGrant(instanceId, requester, { role: requesterRole });
  if (!twoPeople) return [first];
  return [first, holdsGrant(instanceId, approver, { role: 'Manager', olderThan: requestedAt })];
}

const shredding = (key: Key): Write => ({ delete: materialKey(key.instanceId, key.id), when: [] });

function closing(after: In<'drifted'> | In<'void'>, people: readonly Person[]): Parts {
  const data = after.status === 'void' ? { why: after.why } : undefined;
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
        ? [{ template: 'loss-changed', to: after.requester }]
        : outcomeMails('not-carried-out', after, people),
    nextKey: { setForDeletionUntil: undefined },
  };
}

const ACTIONS = {
  drifted: 'countersign.authorization.drift',
  void: 'countersign.authorization.void',
} as const satisfies { readonly [status: string]: AuditAction };
