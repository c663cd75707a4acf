import { createHash } from 'node:crypto';
import type { Person, PersonId } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { Context } from './context.ts';
import { loadCredential } from './records/credential.ts';
import { loadInstance, type StoredInstance } from './records/instance.ts';
import { loadPerson } from './records/person.ts';

/** Who calls, as the instance knows them at this moment. */
export interface Caller {
  readonly person: Person;
  readonly instance: StoredInstance;
}

/** SHA-256 in hexadecimal: how API keys and link tokens are kept, and how digests are made. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The person that an API key belongs to; undefined for a key that is none, or was taken away. */
export async function identify(context: Context, apiKey: string): Promise<PersonId | undefined> {
  return (await loadCredential(context.store, sha256(apiKey)))?.personId;
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
  if (instance === undefined || person?.status !== 'active') return refuse('access-denied');
  return accept({ person, instance });
}
