import { hash } from 'node:crypto';
import { mayCall, type Operation } from '../domain/access.ts';
import { isActive, type Person, type PersonId } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { Context } from './context.ts';
import { type Credential, loadCredential } from './records/credential.ts';
import { loadInstance, type StoredInstance } from './records/instance.ts';
import { loadPerson, reloadPerson } from './records/person.ts';

/** Who calls, as the instance knows them at this moment. */
export interface Caller {
  readonly person: Person;
  readonly instance: StoredInstance;
  /** The one key ring that the request names: keys of others are not found. Undefined: keys of every ring are. */
  readonly keyRingId: string | undefined;
  /** The address that the request comes from, where it is known. */
  readonly source?: string | undefined;
}

/** SHA-256 in hexadecimal: how API keys and link tokens are kept, and how digests are made. */
export const sha256 = (text: string): string => hash('sha256', text);

/** The person that an API key belongs to; undefined for a key that is none, or was taken away. */
export async function identify(context: Context, apiKey: string): Promise<PersonId | undefined> {
  return (await validCredential(context, sha256(apiKey)))?.personId;
}

/** The credential of an API key's hash; undefined when there is none, or it was taken away. */
export async function validCredential(
  { store }: Pick<Context, 'store'>,
  hash: string,
): Promise<Credential | undefined> {
  const credential = await loadCredential(store, hash);
  return credential?.revokedAt === undefined ? credential : undefined;
}

/**
 * The caller in this instance. Refused with `access-denied` alike for an instance that is not there and for one in
 * which the person has no role, so that nobody can find out which instances exist.
 */
export async function enter(
  context: Context,
  instanceId: string,
  personId: PersonId,
): Promise<Decision<Caller>> {
  const [instance, person] = await Promise.all([
    loadInstance(context.store, instanceId),
    loadPerson(context.store, instanceId, personId),
  ]);
  if (instance === undefined || person === undefined || !isActive(person)) return refuse('access-denied');
  return accept({ person, instance, keyRingId: undefined });
}

/**
 * The caller and the instance as they are now, and the caller may still call the operation. The instance is read first:
 * whoever is removed or loses a role after that has changed it, so that a change that was decided on it fails.
 */
export async function enterAgain(
  { store }: Pick<Context, 'store'>,
  caller: Caller,
  operation: Operation,
): Promise<Decision<Caller>> {
  const instance = await loadInstance(store, caller.instance.id);
  const person = await reloadPerson(store, caller.person);
  if (instance === undefined || !mayCall(person, operation)) return refuse('access-denied');
  return accept({ ...caller, person, instance });
}
