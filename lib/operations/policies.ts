import { mayCall } from '../domain/access.ts';
import type { AuditAction } from '../domain/audit.ts';
import type { Policy } from '../domain/instance.ts';
import { DESTROYED, type Key, needsTwoPeople } from '../domain/key.ts';
import { holds, type Person } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import { commitInstanceChange, commitKeyChange } from './change.ts';
import type { Context } from './context.ts';
import { newPolicy } from './create-key.ts';
import { permittedKey } from './read-keys.ts';
import { loadInstance } from './records/instance.ts';
import { loadPeople, reloadPerson } from './records/person.ts';

/** The instance's policies that were ever set. */
export async function getInstancePolicies(
  { store }: Context,
  { person, instance }: Caller,
): Promise<Decision<{ readonly dualAuthDelete?: Policy }>> {
  if (!mayCall(person, 'readPolicies')) return refuse('access-denied');
  const { dualAuthDelete } = (await loadInstance(store, instance.id)) ?? instance;
  return accept(dualAuthDelete === undefined ? {} : { dualAuthDelete });
}

export interface PolicyChange {
  readonly dualAuthDelete: boolean;
}

/** Governs the keys that are created from now on, never those that are there (contract, section 4). */
export function putInstancePolicy(
  context: Context,
  caller: Caller,
  { dualAuthDelete }: PolicyChange,
): Promise<Decision<void>> {
  return attempt(context, async () => {
    const instance = await loadInstance(context.store, caller.instance.id);
    const person = await reloadPerson(context.store, caller.person);
    if (instance === undefined || !mayCall(person, 'writePolicies')) return refuse('access-denied');
    if (dualAuthDelete && !(await twoManagers(context, instance.id))) return refuse('approver-missing');
    const now = context.clock.now();
    const committed = await commitInstanceChange(context, {
      instance,
      now,
      next: { dualAuthDelete: written(instance.dualAuthDelete, dualAuthDelete, { by: person, now }) },
      events: [event('kms.instance-policies.write', person, instance.dualAuthDelete, dualAuthDelete)],
    });
    return committed ? accept(undefined) : undefined;
  });
}

/** The key, whose `dualAuthDelete` is its policy; absent when none was ever set. */
export const getKeyPolicy = (context: Context, caller: Caller, idOrAlias: string): Promise<Decision<Key>> =>
  permittedKey(context, caller, { operation: 'readPolicies', idOrAlias });

/** Sets a key's policy. Once on, it stays on until the key is destroyed (contract, section 4). */
export function putKeyPolicy(
  context: Context,
  caller: Caller,
  idOrAlias: string,
  { dualAuthDelete }: PolicyChange,
): Promise<Decision<Key>> {
  return attempt(context, async () => {
    const { instance } = caller;
    const person = await reloadPerson(context.store, caller.person);
    const asked = { operation: 'writePolicies', idOrAlias } as const;
    const found = await permittedKey(context, { person, instance }, asked);
    if (!found.ok) return found;
    const key = found.value;
    if (key.state === DESTROYED) return refuse('key-not-active');
    if (needsTwoPeople(key) && !dualAuthDelete) return refuse('dual-authorization-irrevocable');
    if (dualAuthDelete && !(await twoManagers(context, instance.id))) return refuse('approver-missing');
    const now = context.clock.now();
    const next = { dualAuthDelete: written(key.dualAuthDelete, dualAuthDelete, { by: person, now }) };
    const events = [event('kms.policies.write', person, key.dualAuthDelete, dualAuthDelete)];
    const committed = await commitKeyChange(context, { key, now, next, events });
    return committed ? accept({ ...key, ...next }) : undefined;
  });
}

/** A policy that nobody could meet is refused when it is set, not when a key has to be deleted. */
async function twoManagers({ store }: Context, instanceId: string): Promise<boolean> {
  const people = await loadPeople(store, instanceId);
  return people.filter((person) => person.kind === 'user' && holds(person, ['Manager'])).length >= 2;
}

const written = (
  before: Policy | undefined,
  enabled: boolean,
  { by, now }: { readonly by: Person; readonly now: EpochMillis },
): Policy =>
  before === undefined
    ? newPolicy(enabled, by, now)
    : { ...before, enabled, updatedAt: now, updatedBy: by.id };

const event = (action: AuditAction, by: Person, before: Policy | undefined, enabled: boolean) =>
  ({
    action,
    actor: by.id,
    outcome: 'success',
    data: {
      initialValuePolicyDualAuthDeleteEnabled: before?.enabled,
      newValuePolicyDualAuthDeleteEnabled: enabled,
    },
  }) as const;
