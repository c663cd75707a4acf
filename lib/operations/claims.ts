import type { AuditAction, EventDraft } from '../domain/audit.ts';
import { type ExternalIdentity, normalizedEmail, type Person } from '../domain/person.ts';
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
import { type PersonChange, personChangeWrites } from './people-mails.ts';
import { type Claim, type ClaimState, claimKey, loadClaim, stateOfClaim } from './records/claim.ts';
import { credentialWrites, revocations } from './records/credential.ts';
import { identityWrites, loadBinding } from './records/identity.ts';
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

async function find({ store }: Pick<Context, 'store'>, hash: string): Promise<Found | undefined> {
  const claim = await loadClaim(store, hash);
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
export const openClaim = (context: Context, token: string): Promise<Decision<ClaimView>> =>
  openClaimOf(context, sha256(token));

/** The same by the SHA-256 of its token. */
export async function openClaimOf(context: Context, hash: string): Promise<Decision<ClaimView>> {
  const found = await find(context, hash);
  return found === undefined ? refuse('link-unknown') : accept(viewOf(found, context.clock.now()));
}

/**
 * Gives the person that the link was mailed to their API key, once, and ends the keys and the sign-in that they had.
 * @param confirm the person's address as they typed it. A scanner that presses every button fills in nothing, what the
 * page shows, or words from a list; the address is in none of them, and every person knows their own.
 */
export async function claimApiKey(
  context: Context,
  token: string,
  confirm: string,
): Promise<Decision<{ readonly view: ClaimView; readonly apiKey: string }>> {
  let apiKey = '';
  const used = await useClaim(context, { hash: sha256(token), confirm }, ({ person, now }) => {
    const made = newApiKey(person, now);
    apiKey = made.apiKey;
    const { signsInAs, ...after } = person;
    return accept({
      after,
      action: 'countersign.people.claim',
      data: { endsSignIn: signsInAs === undefined ? undefined : true },
      writes: credentialWrites(made.credential),
      told: { what: 'api-key-claimed', person },
    });
  });
  return used.ok ? accept({ view: used.value, apiKey }) : used;
}

/**
 * From now on whoever signs in at the issuer as this identity is the person that the link was mailed to, in this instance;
 * the API keys and the sign-in that they had end. Whoever reads somebody's mail could do it with an identity of their own:
 * so they approve nothing that was asked for before, by the instance's wait, and every Manager hears of it.
 * @param hash the SHA-256 of the link's token.
 * @param identity as the issuer has just said, and never as somebody typed it.
 * @returns refused with `identity-taken` where it is somebody else in this instance.
 */
export const claimSignIn = (
  context: Context,
  { hash, identity, confirm }: Typed & { readonly identity: ExternalIdentity },
): Promise<Decision<ClaimView>> =>
  useClaim(context, { hash, confirm }, async ({ person, now }) => {
    const { issuer, subject } = identity;
    const bound = await loadBinding(context.store, identity, person.instanceId);
    if (bound !== undefined && bound.personId !== person.id) return refuse('identity-taken');
    return accept({
      after: { ...person, signsInAs: { issuer, subject }, identitySince: now },
      action: 'countersign.people.bind-identity',
      data: { issuer, subject },
      writes: [],
      told: { what: 'identity-bound', person, issuer },
    });
  });

interface Typed {
  readonly hash: string;
  readonly confirm: string;
}

/** What comes of a link, in its one write. */
interface Use {
  /** The person then; their link and that others saw their API key are taken off. */
  readonly after: Person;
  readonly action: AuditAction;
  readonly data: EventDraft['data'];
  readonly writes: readonly Write[];
  readonly told: PersonChange;
}

type Using = (found: Found & { readonly now: EpochMillis }) => Decision<Use> | Promise<Decision<Use>>;

/** Uses a link, once: its person starts afresh, whatever they, or somebody in their name, had before. */
const useClaim = (context: Context, { hash, confirm }: Typed, using: Using): Promise<Decision<ClaimView>> =>
  attempt(context, async () => {
    const found = await find(context, hash);
    if (found === undefined) return refuse('link-unknown');
    const { claim, instance, people, person } = found;
    const now = context.clock.now();
    const state = stateOfClaim(claim, person, now);
    if (state !== 'open') return refuse(state === 'claimed' ? 'claimed-already' : 'claim-ended');
    if (normalizedEmail(confirm) !== normalizedEmail(person.email)) return refuse('address-mismatch');
    const use = await using({ ...found, now });
    if (!use.ok) return use;
    const { action, data, writes, told } = use.value;
    const { claim: _, keyShownIn: __, ...after } = use.value.after;
    const next = endOfTrial(instance, people, after);
    const endsTrial = next === undefined ? undefined : true;
    const committed = await commitInstanceChange(context, {
      instance,
      now,
      ...(next !== undefined && { next }),
      events: [
        { action, actor: person.id, outcome: 'success', data: { person: person.id, ...data, endsTrial } },
      ],
      writes: [
        asItWas(person, after),
        {
          update: claimKey(claim.hash),
          when: [{ attribute: 'claimedAt', is: 'absent' }],
          set: { claimedAt: now },
        },
        ...writes,
        ...identityWrites(person, after),
        ...(await revocations(context.store, person.id, now)),
        ...personChangeWrites(people, told, { by: person, now }),
      ],
    });
    if (!committed) return undefined;
    const view = viewOf({ ...found, claim: { ...claim, claimedAt: now } }, now);
    return accept({ ...view, instance: { ...view.instance, ...next } });
  });
