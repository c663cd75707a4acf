import type { Operation } from '../domain/access.ts';
import { askedIn, whyNotApprover } from '../domain/approval.ts';
import type { Authorization } from '../domain/authorization.ts';
import { confirms } from '../domain/key.ts';
import type { Choice } from '../domain/link-decision.ts';
import { principalOf } from '../domain/person.ts';
import { accept, type Decision, type RefusalCode, refuse } from '../domain/refusal.ts';
import type { AuthorizationName } from './authorization-history.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { emailsOf } from './read-authorization.ts';
import { permittedKey } from './read-keys.ts';
import { loadAuthorization, referenceOf } from './records/authorization.ts';
import { loadInstance } from './records/instance.ts';
import { reloadPerson } from './records/person.ts';
import { changesSince, type Loss, readLoss } from './round.ts';
import { isFrozen, isToAskAgain, isToDecide, type RoundView } from './round-view.ts';
import { takeDecision } from './take-decision.ts';

/** One round as whoever is signed in sees it. */
export interface ConsoleRound extends RoundView {
  /** Why the caller could not approve it, although it waits; they may deny it. Absent: they could. */
  readonly whyNotApprove?: RefusalCode;
}

/**
 * One authorization for whoever may call the operation about its key, with what they can do about it at this moment.
 * Changes nothing.
 */
export async function openRound(
  context: Context,
  caller: Caller,
  { operation, key: idOrAlias, authorizationId }: AuthorizationName & { readonly operation: Operation },
): Promise<Decision<ConsoleRound>> {
  const found = await permittedKey(context, caller, { operation, idOrAlias });
  if (!found.ok) return found;
  const key = found.value;
  const { instanceId, id: keyId } = key;
  const authorization = await loadAuthorization(context.store, {
    instanceId,
    keyId,
    authorizationId: authorizationId.toLowerCase(),
  });
  const instance = await loadInstance(context.store, instanceId);
  if (authorization === undefined || instance === undefined) return refuse('authorization-not-found');
  const requestsFrozen = await isFrozen(context, authorization);
  const person = await reloadPerson(context.store, caller.person);
  const offers =
    key.authorizationId === authorization.id
      ? offersOf(authorization, { requestsFrozen, principal: principalOf(person) }, context.clock.now())
      : 'nothing';
  const why =
    authorization.status === 'pending'
      ? whyNotApprover(person, askedIn(authorization, key, instance.serviceApprovals))
      : undefined;
  return accept({
    key,
    instance,
    authorization,
    emails: await emailsOf(context, instanceId),
    person,
    round: authorization.round,
    offers,
    requestsFrozen,
    ...(offers === 'reauthorize' && { changes: await changesSince(context, authorization, key) }),
    ...(why !== undefined && { whyNotApprove: why }),
  });
}

const offersOf = (
  authorization: Authorization,
  { requestsFrozen, principal }: { readonly requestsFrozen: boolean; readonly principal: string },
  now: number,
): RoundView['offers'] => {
  if (isToDecide(authorization, principal, now)) return 'decide';
  return isToAskAgain(authorization, { requestsFrozen }, now) ? 'reauthorize' : 'nothing';
};

/**
 * What would be lost as it is now, in the words of the round that is asked for again.
 * @throws TransientError when the provider of a key that lives elsewhere does not answer now.
 */
export const lossNow = (
  context: Context,
  { key, authorization, person }: ConsoleRound,
): Promise<Decision<Loss>> => {
  const { reason, ticket } = authorization.manifest;
  return readLoss(context, { key, requester: person, round: authorization.round + 1, reason, ticket });
};

export interface ConsoleDecision extends AuthorizationName {
  readonly choice: Choice;
  readonly round: number;
  readonly manifestDigest: string;
  /** The last six characters of the key's id, as typed. */
  readonly confirm: string;
  /** Also although resources are registered with the key. */
  readonly force?: boolean;
  readonly note?: string;
}

/**
 * Takes the decision of whoever is signed in. The session was begun with a credential, so that an instance that wants one
 * with an approval has it. The same decision sent twice is one, and both are told that it was taken.
 */
export async function decideInConsole(
  context: Context,
  caller: Caller,
  { choice, round, confirm, manifestDigest, force, note, ...name }: ConsoleDecision,
): Promise<Decision<unknown>> {
  const operation = choice === 'approve' ? 'deleteKey' : 'denyDeletion';
  const opened = await openRound(context, caller, { ...name, operation });
  if (!opened.ok) return opened;
  const { key, authorization, person } = opened.value;
  if (authorization.round !== round) return refuse('other-round');
  if (!confirms(key.id, confirm)) return refuse('confirmation-mismatch');
  const reference = referenceOf(authorization);
  const taken = await takeDecision(context, choice, {
    ...reference,
    person,
    round,
    manifestDigest,
    decidedThrough: 'console',
    ...(force !== undefined && { force }),
    ...(note !== undefined && { note }),
  });
  if (taken.ok || choice === 'approve' || taken.refusal.code !== 'already-decided') return taken;
  const now = await loadAuthorization(context.store, reference);
  const isRepeat =
    now?.status === 'denied' &&
    now.endedBy === person.id &&
    now.unexpected === (choice === 'unexpected' || undefined);
  return isRepeat && now.round === round ? accept(now) : taken;
}
