import type { EventDraft } from '../domain/audit.ts';
import type { Authorization } from '../domain/authorization.ts';
import type { Key } from '../domain/key.ts';
import { DESTROYED, isBeingDestroyed, needsTwoPeople } from '../domain/key.ts';
import { withdraw } from '../domain/outcome.ts';
import type { Person } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import { commitKeyChange } from './change.ts';
import type { Context } from './context.ts';
import { outcomeMails } from './mails.ts';
import { permittedKey } from './read-keys.ts';
import { loadPeople, reloadPerson, stillHoldsAny } from './records/person.ts';
import { commitDecision, currentAuthorization } from './transition.ts';

export interface UnsetRequest {
  readonly note?: string;
  /** The one round that is meant; without it whatever the key is set for. */
  readonly only?: { readonly authorizationId: string; readonly round: number };
}

/**
 * Takes the authorization back (Key Protect: unsetKeyForDeletion, "cancel"). Once answered, no deletion follows that
 * was asked for before: not one that is approved, nor one that was still on its way.
 */
export function unsetKeyForDeletion(
  context: Context,
  caller: Caller,
  idOrAlias: string,
  request: UnsetRequest,
): Promise<Decision<void>> {
  return attempt(context, async () => {
    const by = await reloadPerson(context.store, caller.person);
    const asked = { operation: 'unsetKeyForDeletion', idOrAlias } as const;
    const found = await permittedKey(context, { ...caller, person: by }, asked);
    if (!found.ok) return found;
    const key = found.value;
    if (!needsTwoPeople(key)) return refuse('dual-authorization-off');
    if (key.state === DESTROYED) return refuse('key-not-active');
    // Its provider was told: a withdrawal that is answered must not be followed by a destruction.
    if (isBeingDestroyed(key)) return refuse('deletion-under-way');
    const before = await currentAuthorization(context.store, key);
    if (request.only !== undefined && !isMeant(request.only, before)) return refuse('other-round');
    return (await unsetOnce(context, { key, before }, by, request)) ? accept(undefined) : undefined;
  });
}

const isMeant = (
  { authorizationId, round }: NonNullable<UnsetRequest['only']>,
  before: Authorization | undefined,
): boolean => before?.id === authorizationId && before.round === round;

async function unsetOnce(
  context: Context,
  { key, before }: { readonly key: Key; readonly before: Authorization | undefined },
  by: Person,
  request: UnsetRequest,
): Promise<boolean> {
  const now = context.clock.now();
  const event: EventDraft = {
    action: 'kms.secrets.unsetkeyfordeletion',
    actor: by.id,
    outcome: 'success',
    ...(request.note !== undefined && { data: { note: request.note } }),
  };
  const nextKey = {
    stopVersion: key.stopVersion + 1,
    setForDeletionUntil: undefined,
    ...(key.dualAuthDelete && {
      dualAuthDelete: { ...key.dualAuthDelete, updatedAt: now, updatedBy: by.id },
    }),
  };
  const writes = stillHoldsAny(by, ['Writer', 'Manager'], key);
  const decision =
    before &&
    withdraw(
      { authorization: before, key },
      { by, ...(request.note !== undefined && { note: request.note }) },
      now,
    );
  if (before === undefined || !decision?.ok) {
    return commitKeyChange(context, { key, now, next: nextKey, events: [event], writes });
  }
  const people = await loadPeople(context.store, key.instanceId);
  const mails = outcomeMails('withdrawn', before, people);
  return commitDecision(context, {
    key,
    before,
    after: decision.value,
    now,
    event,
    mails,
    nextKey,
    writes,
  });
}
