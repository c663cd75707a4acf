import { type Authorization, isOver, isUnderWay } from '../domain/authorization.ts';
import { DESTROYED, type Key, needsTwoPeople } from '../domain/key.ts';
import type { Person } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { requestSoleDeletion } from '../domain/request.ts';
import { MINUTE } from '../domain/time.ts';
import { approveDeletion, approvedBy, awaitDestruction } from './approve-deletion.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { permittedKey } from './read-keys.ts';
import { referenceOf } from './records/authorization.ts';
import { requestRecording } from './set-key-for-deletion.ts';
import { currentAuthorization } from './transition.ts';

/** How long the person whose call destroyed a key gets the success again: clients retry. In milliseconds. */
const REPEATED_SUCCESS = 15 * MINUTE;

export interface DeleteRequest {
  /** Binds the decision to the manifest that the caller saw. */
  readonly manifestDigest?: string;
  /** Also although resources are registered with the key. Lifts no retention. */
  readonly force?: boolean;
}

/**
 * Key Protect's DELETE: for a key with the policy it is the second authorization, for one without it is the deletion
 * by one person. Answers when the key is destroyed. Checks in the contract's order: access, key, destroyed,
 * dual authorization, retention, registrations; a refused call leaves the authorization as it is.
 */
export const deleteKey = (
  context: Context,
  caller: Caller,
  idOrAlias: string,
  request: DeleteRequest,
): Promise<Decision<Key>> =>
  whileItIsThere(context, caller, idOrAlias, async (key, current) => {
    if (current?.status === 'pending' && isNewAlias(idOrAlias, key, current)) return NAMED_BY_NEW_ALIAS;
    return needsTwoPeople(key)
      ? approveByApi(context, current, caller.person, request)
      : deleteAlone(context, { key, current, person: caller.person }, { force: request.force === true });
  });

/** What every deletion asks first: whether the caller may, and what has become of the key already. */
async function whileItIsThere(
  context: Context,
  caller: Caller,
  idOrAlias: string,
  decide: (key: Key, current: Authorization | undefined) => Promise<Decision<Key>>,
): Promise<Decision<Key>> {
  const found = await permittedKey(context, caller, { operation: 'deleteKey', idOrAlias });
  if (!found.ok) return found;
  const key = found.value;
  if (key.state === DESTROYED) return destroyedAlready(context, key, caller.person);
  const current = await currentAuthorization(context.store, key);
  if (current !== undefined && isUnderWay(current.status)) {
    return joinDeletion(context, current, caller.person);
  }
  return decide(key, current);
}

/** An alias can be moved to another key that waits for its deletion: whoever names the key by it may mean the first. */
const isNewAlias = (name: string, key: Key, { manifest }: Authorization): boolean =>
  key.aliases.includes(name) && !manifest.aliases.includes(name);

const NAMED_BY_NEW_ALIAS = refuse(
  'manifest-mismatch',
  'This key has got that alias since its deletion was authorized. Read what would be lost, and name the key by its id',
);

function destroyedAlready({ clock }: Context, key: Key, person: Person): Decision<Key> {
  const repeats = key.deletedBy === person.id && clock.now() - (key.deletedAt ?? 0) < REPEATED_SUCCESS;
  return repeats ? accept(key) : refuse('key-destroyed');
}

/** Approved and being carried out: whoever approved waits again for the outcome. */
async function joinDeletion(
  context: Context,
  current: Authorization,
  person: Person,
): Promise<Decision<Key>> {
  if (!('approver' in current) || current.approver !== person.id) return refuse('deletion-under-way');
  return awaitDestruction(context, referenceOf(current));
}

async function approveByApi(
  context: Context,
  current: Authorization | undefined,
  person: Person,
  { manifestDigest, force }: DeleteRequest,
): Promise<Decision<Key>> {
  if (current === undefined || isOver(current.status)) return refuse('nothing-pending');
  const reference = referenceOf(current);
  const approved = await approveDeletion(context, {
    approver: person,
    round: current.round,
    decidedThrough: 'api',
    ...reference,
    ...(manifestDigest !== undefined && { manifestDigest }),
    ...(force !== undefined && { force }),
  });
  return approved.ok || (await approvedBy(context, reference, person))
    ? awaitDestruction(context, reference)
    : approved;
}

export interface SoleDeleteRequest {
  /** Also although resources are registered with the key. Lifts no retention. */
  readonly force?: boolean;
  /** SHA-256 of what would be lost, as it was seen: where it is something else by now, the deletion is refused. */
  readonly lossDigest?: string;
  readonly decidedThrough?: 'console';
}

/**
 * The deletion by one person of a key without the policy, and nothing else: refused with `nothing-pending` where the key
 * has got it, so that whoever meant to delete alone never becomes the second person of somebody's request.
 */
export const deleteKeyAlone = (
  context: Context,
  caller: Caller,
  idOrAlias: string,
  request: SoleDeleteRequest,
): Promise<Decision<Key>> =>
  whileItIsThere(context, caller, idOrAlias, (key, current) =>
    deleteAlone(context, { key, current, person: caller.person }, request),
  );

async function deleteAlone(
  context: Context,
  asked: { readonly key: Key; readonly current: Authorization | undefined; readonly person: Person },
  { force = false, ...seen }: SoleDeleteRequest,
): Promise<Decision<Key>> {
  const { key, current, person } = asked;
  const allowed = requestSoleDeletion({ key, current, requester: person, force });
  if (!allowed.ok) return allowed;
  const recorded = await requestRecording(context, key, {
    requester: person.id,
    twoPeople: false,
    force,
    ...seen,
  });
  return recorded.ok ? awaitDestruction(context, recorded.value) : recorded;
}
