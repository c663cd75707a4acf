import { couldCall } from '../domain/access.ts';
import { displayNameOf, type Person } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { loadPeople } from './records/person.ts';

/** Oneself first, and the services that are one's own, by name: whoever one may make API keys for. */
export async function ownIdentities(
  { store }: Context,
  { person, instance }: Caller,
): Promise<Decision<readonly Person[]>> {
  if (!couldCall(person, 'manageApiKeys')) return refuse('access-denied');
  const people = await loadPeople(store, instance.id);
  const services = people
    .filter(({ owner, status }) => owner === person.id && status !== 'removed')
    .sort((a, b) => (displayNameOf(a) < displayNameOf(b) ? -1 : 1));
  return accept([person, ...services]);
}
