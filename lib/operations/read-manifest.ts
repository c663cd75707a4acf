import { askedNow, whyNotApprover } from '../domain/approval.ts';
import type { Authorization } from '../domain/authorization.ts';
import { type Key, needsTwoPeople } from '../domain/key.ts';
import { displayNameOf, type Person } from '../domain/person.ts';
import { accept, type Decision, type Refusal } from '../domain/refusal.ts';
import { whyProtected } from '../domain/registration.ts';
import { requestDeletion, requestSoleDeletion } from '../domain/request.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { permittedKey } from './read-keys.ts';
import { loadKey } from './records/key.ts';
import { loadPeople, reloadPerson } from './records/person.ts';
import { type Loss, readLoss } from './round.ts';
import { currentAuthorization } from './transition.ts';

/** What setting a key for deletion would record, and what would come of it; nothing of it is written. */
export interface ManifestView extends Loss {
  readonly key: Key;
  /** Whether a second person has to approve. */
  readonly twoPeople: boolean;
  /** Who could approve, if the caller asked now. Empty where nobody has to, or could. */
  readonly approvers: readonly Person[];
  /** What would be refused as things are: the request first, then the deletion. */
  readonly blocks: readonly Refusal[];
  /** The authorization that waits now, which a new request would take the place of. */
  readonly current: Authorization | undefined;
}

export interface ManifestRequest {
  readonly reason?: string;
  readonly ticket?: string;
}

/**
 * The manifest as it would be recorded if the caller asked for the deletion at this moment, made by the same code: its
 * digests are those that a request with the same words has, until something changes.
 */
export async function readManifest(
  context: Context,
  caller: Caller,
  idOrAlias: string,
  request: ManifestRequest,
): Promise<Decision<ManifestView>> {
  return attempt(context, async () => {
    const found = await permittedKey(context, caller, { operation: 'readManifest', idOrAlias });
    if (!found.ok) return found;
    const key = found.value;
    const { store, clock } = context;
    const current = await currentAuthorization(store, key);
    const people = await loadPeople(store, key.instanceId);
    const requester = await reloadPerson(store, caller.person);
    const loss = await readLoss(context, { key, requester, round: 1, ...request });
    if (!loss.ok) return loss;
    // Read in several goes: of one moment only if nothing has changed meanwhile.
    const after = await loadKey(store, key.instanceId, key.id);
    if (after?.lossVersion !== key.lossVersion) return undefined;
    const { serviceApprovals } = caller.instance;
    const standing = { key, current, requester, people, serviceApprovals, instance: caller.instance };
    const now = clock.now();
    const twoPeople = needsTwoPeople(key);
    const asked = askedNow(requester, key, { now, serviceApprovals, instance: caller.instance });
    return accept({
      ...loss.value,
      key,
      twoPeople,
      approvers: twoPeople ? byName(people.filter((one) => whyNotApprover(one, asked) === undefined)) : [],
      blocks: blocksOf(standing, now),
      current,
    });
  });
}

const byName = (people: readonly Person[]): readonly Person[] =>
  people.toSorted((a, b) => (displayNameOf(a) < displayNameOf(b) ? -1 : 1));

function blocksOf(standing: Parameters<typeof requestDeletion>[0], now: number): readonly Refusal[] {
  const { key } = standing;
  const request = needsTwoPeople(key)
    ? requestDeletion(standing, now)
    : requestSoleDeletion({ ...standing, force: true });
  const protectedBy = whyProtected(key, false);
  const refusals = [
    ...(request.ok ? [] : [request.refusal]),
    ...(protectedBy ? [{ code: protectedBy }] : []),
  ];
  return refusals.filter(({ code }, i) => refusals.findIndex((other) => other.code === code) === i);
}
