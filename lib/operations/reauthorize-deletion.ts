import { askedNow, somebodyCouldApprove } from '../domain/approval.ts';
import type { In } from '../domain/authorization.ts';
import { whyNotWindows } from '../domain/instance-settings.ts';
import { mayReauthorize, reauthorize } from '../domain/outcome.ts';
import { type Person, principalOf } from '../domain/person.ts';
import { type Decision, refuse } from '../domain/refusal.ts';
import { attempt } from './attempts.ts';
import { requesterStillCounts, requestsAsRead } from './both-people.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { requestMails } from './mails.ts';
import { permittedKey } from './read-keys.ts';
import { type Reference, referenceOf } from './records/authorization.ts';
import { loadInstance } from './records/instance.ts';
import { loadPeople, loadPerson, reloadPerson } from './records/person.ts';
import { beginRound } from './round.ts';
import { commitDecision, currentAuthorization, loadCurrent } from './transition.ts';

/** Asks again for a deletion whose window has closed, or that drifted. Always with a credential, never by a link. */
export async function reauthorizeDeletion(
  context: Context,
  caller: Caller,
  idOrAlias: string,
  request: { readonly round?: number; readonly lossDigest?: string },
): Promise<Decision<In<'pending'>>> {
  const found = await permittedKey(context, caller, { operation: 'reauthorizeDeletion', idOrAlias });
  if (!found.ok) return found;
  const key = found.value;
  const current = await currentAuthorization(context.store, key);
  if (current === undefined) return refuse('reauthorization-closed');
  return beginNextRound(context, {
    ...referenceOf(current),
    by: caller.person,
    round: request.round ?? current.round,
    ...(request.lossDigest !== undefined && { lossDigest: request.lossDigest }),
  });
}

export interface Reauthorization extends Reference {
  readonly by: Person;
  /** The round that was seen to lapse or drift. */
  readonly round: number;
  /** SHA-256 of what would be lost, as it was seen: where it is something else by now, it is refused. */
  readonly lossDigest?: string;
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
    const requester = await loadPerson(store, instance.id, before.requester);
    const allowed = mayReauthorize(current, { ...reauthorization, by, requester }, now);
    if (!allowed.ok) return allowed;
    const people = await loadPeople(store, instance.id);
    const { serviceApprovals } = instance;
    if (!somebodyCouldApprove(people, askedNow(by, key, { now, serviceApprovals, instance })))
      return refuse('approver-missing');
    const unusable = whyNotWindows(instance);
    if (unusable !== undefined) return { ok: false, refusal: unusable };
    const { reason, ticket } = before.manifest;
    const begun = await beginRound(
      context,
      { key, instance, requester: by, round: before.round + 1, reason, ticket },
      now,
    );
    if (!begun.ok) return begun;
    const round = begun.value;
    if (reauthorization.lossDigest !== undefined && reauthorization.lossDigest !== round.lossDigest) {
      return refuse('manifest-mismatch');
    }
    const decision = reauthorize(
      current,
      { ...round, by, requester, role: round.requesterRole, round: before.round },
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
      writes: [
        ...requesterStillCounts(by, after, key),
        // The same person is looked at already, and an item is named once.
        ...(requester === undefined || principalOf(requester) === principalOf(by)
          ? []
          : [requestsAsRead(requester)]),
      ],
    });
    return committed ? decision : undefined;
  });
}
