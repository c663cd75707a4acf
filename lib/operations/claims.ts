import { normalizedEmail, type Person } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Write } from '../ports/store.ts';
import { attempt } from './attempts.ts';
import { type Caller, sha256 } from './caller.ts';
import { commitInstanceChange } from './change.ts';
import type { Context } from './context.ts';
import { newApiKey } from './new-api-key.ts';
import { newClaim } from './new-claim.ts';
import { isNamed, loadInstanceAndPeople, mayManage } from './people.ts';
import { personChangeWrites } from './people-mails.ts';
import { type Claim, type ClaimState, claimKey, loadClaim, stateOfClaim } from './records/claim.ts';
import { credentialWrites, revocations } from './records/credential.ts';
import { loadInstance, type StoredInstance } from './records/instance.ts';
import { loadPeople, personItem } from './records/person.ts';
import { endOfTrial } from './trial.ts';

/** Mails somebody a new link to an API key: the first one's mail was lost, or the key is. */
export function sendClaim(context: Context, caller: Caller, emailOrId: string): Promise<Decision<Person>> {
  return attempt(context, async () => {
    const loaded = await loadInstanceAndPeople(context, caller.instance.id);
    if (loaded === undefined || !mayManage(loaded.people, caller.person)) return refuse('access-denied');
    const { instance, people } = loaded;
    const before = people.find((one) => one.status !== 'removed' && isNamed(one, emailOrId));
    if (before === undefined) return refuse('person-not-found');
    if (before.status !== 'active' || before.email === '') return refuse('claim-not-possible');
    const now = context.clock.now();
    const { person, writes } = await newClaim(context, { person: before, by: caller.person }, now);
    const actor = caller.person.id;
    const data = { person: person.id };
    const committed = await commitInstanceChange(context, {
      instance,
      now,
      events: [{ action: 'countersign.people.send-claim', actor, outcome: 'success', data }],
      writes: [asItWas(before, person), ...writes],
    });
    return committed ? accept(person) : undefined;
  });
}

/** All changes of people are conditional on the instance that was read, so that the status says enough. */
const asItWas = (before: Person, after: Person): Write => ({
  put: personItem(after),
  when: [{ attribute: 'status', is: 'equal', value: before.status }],
});

/** What the page behind a link to an API key shows. It tells nobody's address: that is what has to be typed. */
export interface ClaimView {
  readonly instance: StoredInstance;
  readonly state: ClaimState;
  readonly expiresAt: EpochMillis;
  readonly claimedAt?: EpochMillis;
}

interface Found {
  readonly claim: Claim;
  readonly instance: StoredInstance;
  readonly people: readonly Person[];
  readonly person: Person;
}

async function find({ store }: Context, token: string): Promise<Found | undefined> {
  const claim = await loadClaim(store, sha256(token));
  if (claim === undefined) return undefined;
  const instance = await loadInstance(store, claim.instanceId);
  const people = await loadPeople(store, claim.instanceId);
  const person = people.find(({ id }) => id === claim.personId);
  return instance && person && { claim, instance, people, person };
}

function viewOf({ claim, instance, person }: Found, now: EpochMillis): ClaimView {
  const { expiresAt, claimedAt } = claim;
  const state = stateOfClaim(claim, person, now);
  return { instance, state, expiresAt, ...(claimedAt !== undefined && { claimedAt }) };
}

/** What a link to an API key stands for. Changes nothing, however often it is opened. */
export async function openClaim(context: Context, token: string): Promise<Decision<ClaimView>> {
  const found = await find(context, token);
  return found === undefined ? refuse('link-unknown') : accept(viewOf(found, context.clock.now()));
}

/**
 * Gives the person that the link was mailed to their API key, once, and ends the keys that they had.
 * @param confirm the person's address as they typed it. A scanner that presses every button fills in nothing, what the
 * page shows, or words from a list; the address is in none of them, and every person knows their own.
 */
export function claimApiKey(
  context: Context,
  token: string,
  confirm: string,
): Promise<Decision<{ readonly view: ClaimView; readonly apiKey: string }>> {
  return attempt(context, async () => {
    const found = await find(context, token);
    if (found === undefined) return refuse('link-unknown');
    const { claim, instance, people, person } = found;
    const now = context.clock.now();
    const state = stateOfClaim(claim, person, now);
    if (state !== 'open') return refuse(state === 'claimed' ? 'claimed-already' : 'claim-ended');
    if (normalizedEmail(confirm) !== normalizedEmail(person.email)) return refuse('address-mismatch');
    const { apiKey, credential } = newApiKey(person, now);
    const { claim: _, keyShownIn: __, ...after } = person;
    const next = endOfTrial(instance, people, after);
    const data = { person: person.id, endsTrial: next === undefined ? undefined : true };
    const committed = await commitInstanceChange(context, {
      instance,
      now,
      ...(next !== undefined && { next }),
      events: [{ action: 'countersign.people.claim', actor: person.id, outcome: 'success', data }],
      writes: [
        asItWas(person, after),
        {
          update: claimKey(claim.hash),
          when: [{ attribute: 'claimedAt', is: 'absent' }],
          set: { claimedAt: now },
        },
        ...credentialWrites(credential),
        ...(await revocations(context.store, person.id, now)),
        ...personChangeWrites(people, { what: 'api-key-claimed', person }, { by: person, now }),
      ],
    });
    if (!committed) return undefined;
    const view = viewOf({ ...found, claim: { ...claim, claimedAt: now } }, now);
    return accept({ view: { ...view, instance: { ...view.instance, ...next } }, apiKey });
  });
}
