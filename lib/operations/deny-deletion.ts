import { mayCall } from '../domain/access.ts';
import type { DecidedThrough, In } from '../domain/authorization.ts';
import { deny } from '../domain/outcome.ts';
import type { Person } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { outcomeMails } from './mails.ts';
import { type Reference, referenceOf } from './records/authorization.ts';
import { findKey } from './records/key.ts';
import { holdsGrant, loadPeople, reloadPerson } from './records/person.ts';
import { commitDecision, currentAuthorization, loadCurrent } from './transition.ts';

/** A Manager's no, through the API. */
export async function denyDeletion(
  context: Context,
  { person, instance }: Caller,
  idOrAlias: string,
  request: { readonly round?: number; readonly note?: string },
): Promise<Decision<void>> {
  if (!mayCall(person, 'denyDeletion')) return refuse('access-denied');
  const key = await findKey(context.store, instance.id, idOrAlias);
  if (key === undefined) return refuse('key-not-found');
  const current = await currentAuthorization(context.store, key);
  if (current === undefined) return refuse('nothing-pending');
  const { round = current.round, note } = request;
  const denied = await recordDenial(context, {
    ...referenceOf(current),
    by: person,
    round,
    decidedThrough: 'api',
    ...(note !== undefined && { note }),
  });
  return denied.ok ? accept(undefined) : denied;
}

export interface Denial extends Reference {
  readonly by: Person;
  readonly round: number;
  readonly decidedThrough: DecidedThrough;
  readonly note?: string;
}

/** One conditional write, like an approval. */
export function recordDenial(context: Context, denial: Denial): Promise<Decision<In<'denied'>>> {
  return attempt(context, async () => {
    const current = await loadCurrent(context.store, denial);
    if (current === undefined) return refuse('nothing-pending');
    const now = context.clock.now();
    const by = await reloadPerson(context.store, denial.by);
    const decision = deny(current, { ...denial, by }, now);
    if (!decision.ok) return decision;
    const people = await loadPeople(context.store, denial.instanceId);
    const { key, authorization: before } = current;
    const committed = await commitDecision(context, {
      key,
      before,
      after: decision.value,
      now,
      event: {
        action: 'countersign.authorization.deny',
        actor: denial.by.id,
        outcome: 'success',
        data: { decidedThrough: denial.decidedThrough, note: denial.note },
      },
      mails: outcomeMails('denied', before, people),
      nextKey: { setForDeletionUntil: undefined },
      writes: [holdsGrant(denial.instanceId, denial.by.id, { role: 'Manager' })],
    });
    return committed ? decision : undefined;
  });
}
