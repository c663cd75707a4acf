import { mayCall } from '../domain/access.ts';
import { somebodyCouldApprove } from '../domain/approval.ts';
import type { In } from '../domain/authorization.ts';
import { mayReauthorize, reauthorize } from '../domain/outcome.ts';
import type { Person } from '../domain/person.ts';
import { type Decision, refuse } from '../domain/refusal.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { requestMails } from './mails.ts';
import { type Reference, referenceOf } from './records/authorization.ts';
import { loadInstance } from './records/instance.ts';
import { findKey } from './records/key.ts';
import { holdsGrant, loadPeople, reloadPerson } from './records/person.ts';
import { beginRound } from './round.ts';
import { commitDecision, currentAuthorization, loadCurrent } from './transition.ts';

/** Asks again for a deletion whose window has closed, or that drifted. Always with a credential, never by a link. */
export async function reauthorizeDeletion(
  context: Context,
  { person, instance }: Caller,
  idOrAlias: string,
  request: { readonly round?: number },
): Promise<Decision<In<'pending'>>> {
  if (!mayCall(person, 'reauthorizeDeletion')) return refuse('access-denied');
  const key = await findKey(context.store, instance.id, idOrAlias);
  if (key === undefined) return refuse('key-not-found');
  const current = await currentAuthorization(context.store, key);
  if (current === undefined) return refuse('reauthorization-closed');
  return beginNextRound(context, {
    ...referenceOf(current),
    by: person,
    round: request.round ?? current.round,
  });
}

export interface Reauthorization extends Reference {
  readonly by: Person;
  /** The round that was seen to lapse or drift. */
  readonly round: number;
}

/** The next round, with a manifest of what would be lost now, its own requester, and new links. */
export function beginNextRound(
  context: Context,
  reauthorization: Reauthorization,
): Promise<Decision<In<'pending'>>> {
  return attempt(context, async () => {
    const { store, clock } = context;
    const current = await loadCurrent(store, reauthorization);
    const instance = await loadInstance(store, reauthorization.instanceId);
    if (current === undefined || instance === undefined) return refuse('reauthorization-closed');
    const { key, authorization: before } = current;
    const by = await reloadPerson(store, reauthorization.by);
    const now = clock.now();
    const allowed = mayReauthorize(current, { ...reauthorization, by }, now);
    if (!allowed.ok) return allowed;
    const people = await loadPeople(store, instance.id);
    if (!somebodyCouldApprove(people, by.id, now)) return refuse('approver-missing');
    const { reason, ticket } = before.manifest;
    const round = beginRound(
      context,
      { key, instance, requester: by, round: before.round + 1, reason, ticket },
      now,
    );
    const decision = reauthorize(
      current,
      { ...round, by, role: round.requesterRole, round: before.round },
      now,
    );
    if (!decision.ok) return decision;
    const after = decision.value;
    const committed = await commitDecision(context, {
      key,
      before,
      after,
      now,
      event: {
        action: 'countersign.authorization.reauthorize',
        actor: by.id,
        outcome: 'success',
        data: {
          authExpiration: after.windowEndsAt,
          manifestDigest: after.manifestDigest,
          lossDigest: after.lossDigest,
        },
      },
      mails: requestMails(after, people),
      nextKey: { setForDeletionUntil: after.windowEndsAt },
      keyWhen: [{ attribute: 'lossVersion', is: 'equal', value: after.lossVersion }],
      when: [{ attribute: 'reauthorizeEndsAt', is: 'greater', value: now }],
      writes: [holdsGrant(instance.id, by.id, { role: after.requesterRole })],
    });
    return committed ? decision : undefined;
  });
}
