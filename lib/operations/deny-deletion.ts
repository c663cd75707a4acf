import type { DecidedThrough, In } from '../domain/authorization.ts';
import { deny } from '../domain/outcome.ts';
import type { Person } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { outcomeMails } from './mails.ts';
import { permittedKey } from './read-keys.ts';
import { type Reference, referenceOf } from './records/authorization.ts';
import { loadPeople, reloadPerson, stillHoldsAny } from './records/person.ts';
import { commitDecision, currentAuthorization, loadCurrent } from './transition.ts';
import { freezeWrites } from './unexpected.ts';

/** A Manager's no, through the API. */
export async function denyDeletion(
  context: Context,
  caller: Caller,
  idOrAlias: string,
  request: { readonly round?: number; readonly note?: string; readonly unexpected?: boolean },
): Promise<Decision<void>> {
  const found = await permittedKey(context, caller, { operation: 'denyDeletion', idOrAlias });
  if (!found.ok) return found;
  const key = found.value;
  const current = await currentAuthorization(context.store, key);
  if (current === undefined) return refuse('nothing-pending');
  const { round = current.round, note, unexpected } = request;
  const denied = await recordDenial(context, {
    ...referenceOf(current),
    by: caller.person,
    round,
    decidedThrough: 'api',
    ...(note !== undefined && { note }),
    ...(unexpected === true && { unexpected }),
  });
  return denied.ok ? accept(undefined) : denied;
}

export interface Denial extends Reference {
  readonly by: Person;
  readonly round: number;
  readonly decidedThrough: DecidedThrough;
  readonly note?: string;
  /** Nobody should have asked: the requester's other requests are stopped in the same write. */
  readonly unexpected?: boolean;
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
    const { decidedThrough, note, unexpected } = denial;
    const checks = stillHoldsAny(by, ['Manager'], key);
    const committed = await commitDecision(context, {
      key,
      before,
      after: decision.value,
      now,
      event: {
        action: 'countersign.authorization.deny',
        actor: denial.by.id,
        outcome: 'success',
        data: { decidedThrough, note, ...(unexpected === true && { unexpected }) },
      },
      mails: outcomeMails(unexpected === true ? 'unexpected' : 'denied', before, people),
      nextKey: { setForDeletionUntil: undefined },
      writes:
        unexpected === true
          ? await freezeWrites(context, { by, authorization: before, checks }, now)
          : checks,
    });
    return committed ? decision : undefined;
  });
}
