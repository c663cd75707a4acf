import { couldCall, mayCall } from '../domain/access.ts';
import type { Person } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import { commitInstanceChange } from './change.ts';
import type { Context } from './context.ts';
import { newApiKey } from './new-api-key.ts';
import { isNamed, loadInstanceAndPeople } from './people.ts';
import {
  type Credential,
  credentialWrites,
  idOf,
  loadCredentials,
  revocation,
} from './records/credential.ts';
import type { StoredInstance } from './records/instance.ts';

/** How many API keys one person can have at a time. */
export const MOST_API_KEYS = 10;

/** An API key as it can be shown after it was made. */
export interface ApiKey {
  readonly id: string;
  readonly createdAt: number;
  /** Its last characters, by which its holder knows it; absent for one from before they were kept. */
  readonly lastFour?: string;
}

/** What the path names the caller by. */
export const ONESELF = 'me';

/**
 * Makes another API key, for oneself or for a service of one's own: nobody gets to act as somebody else, and no service
 * as its owner.
 */
export function createApiKey(
  context: Context,
  caller: Caller,
  named: string,
): Promise<Decision<ApiKey & { readonly apiKey: string }>> {
  return attempt(context, async () => {
    const found = await holderOf(context, caller, named);
    if (!found.ok) return found;
    const { instance, by, holder } = found.value;
    if (!isOnesOwn(by, holder)) return refuse('access-denied');
    const existing = await loadCredentials(context.store, holder.id);
    if (existing.length >= MOST_API_KEYS) return refuse('too-many-api-keys');
    const now = context.clock.now();
    const { apiKey, credential } = newApiKey(holder, now);
    const data = { person: holder.id, apiKeyId: idOf(credential) };
    const committed = await commitInstanceChange(context, {
      instance,
      now,
      events: [{ action: 'countersign.api-keys.create', actor: by.id, outcome: 'success', data }],
      writes: credentialWrites(credential),
    });
    return committed ? accept({ ...shown(credential), apiKey }) : undefined;
  });
}

/** One's own API keys, those of one's services, and a Manager's look at anybody's; the oldest first. */
export async function listApiKeys(
  context: Context,
  caller: Caller,
  named: string,
): Promise<Decision<readonly ApiKey[]>> {
  const found = await holderOf(context, caller, named);
  if (!found.ok) return found;
  const credentials = await loadCredentials(context.store, found.value.holder.id);
  return accept([...credentials].sort((a, b) => a.createdAt - b.createdAt).map(shown));
}

/** Takes an API key away, at once and with every token that was made from it. */
export function revokeApiKey(
  context: Context,
  caller: Caller,
  { person: named, id }: { readonly person: string; readonly id: string },
): Promise<Decision<void>> {
  return attempt(context, async () => {
    const found = await holderOf(context, caller, named);
    if (!found.ok) return found;
    const { instance, by, holder } = found.value;
    const credentials = await loadCredentials(context.store, holder.id);
    const credential = credentials.find((one) => idOf(one) === id);
    if (credential === undefined) return refuse('api-key-not-found');
    const now = context.clock.now();
    const data = { person: holder.id, apiKeyId: id };
    const committed = await commitInstanceChange(context, {
      instance,
      now,
      events: [{ action: 'countersign.api-keys.revoke', actor: by.id, outcome: 'success', data }],
      writes: revocation(credential, now),
    });
    return committed ? accept(undefined) : undefined;
  });
}

interface Holder {
  readonly instance: StoredInstance;
  /** The caller as they are now. */
  readonly by: Person;
  readonly holder: Person;
}

/** Whose API keys are meant. Refused alike for others' and for nobody's, to whoever does not manage people. */
async function holderOf(context: Context, caller: Caller, named: string): Promise<Decision<Holder>> {
  const loaded = await loadInstanceAndPeople(context, caller.instance.id);
  const by = loaded?.people.find(({ id }) => id === caller.person.id);
  if (loaded === undefined || by === undefined || !couldCall(by, 'manageApiKeys'))
    return refuse('access-denied');
  const holder =
    named === ONESELF ? by : loaded.people.find((one) => one.status !== 'removed' && isNamed(one, named));
  const manages = mayCall(by, 'managePeople');
  if (holder === undefined) return refuse(manages ? 'person-not-found' : 'access-denied');
  if (!manages && !isOnesOwn(by, holder)) return refuse('access-denied');
  return accept({ instance: loaded.instance, by, holder });
}

const isOnesOwn = (by: Person, holder: Person): boolean => holder.id === by.id || holder.owner === by.id;

const shown = (credential: Credential): ApiKey => {
  const { createdAt, lastFour } = credential;
  return { id: idOf(credential), createdAt, ...(lastFour !== undefined && { lastFour }) };
};
