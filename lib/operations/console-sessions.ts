import { randomBytes } from 'node:crypto';
import { isActive, type PersonId } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Condition, Item, Write } from '../ports/store.ts';
import { attempt } from './attempts.ts';
import { type Caller, enter, sha256, validCredential } from './caller.ts';
import type { Context } from './context.ts';
import { listInstances } from './init-instance.ts';
import {
  CONSOLE_TOUCH,
  type ConsoleSession,
  consoleExpiry,
  consoleSessionItem,
  consoleSessionKey,
  loadConsoleSession,
  type SignedInBy,
  touched,
} from './records/console-session.ts';
import { stillValid } from './records/credential.ts';
import { type Binding, loadBinding, loadBindings, stillBound } from './records/identity.ts';
import { loadInstance, type StoredInstance } from './records/instance.ts';
import { isActiveStill, loadPerson } from './records/person.ts';

/** Base64url of 256 random bits. Anything else is not looked for. */
const TOKEN = /^[\w-]{43}$/;

/** What a browser gets: the cookie's value, and what its forms carry. Neither is kept anywhere. */
export interface BegunConsoleSession {
  readonly token: string;
  readonly csrf: string;
}

/** Who signs in, where, and how they showed who they are. */
export interface SigningIn {
  readonly personId: PersonId;
  readonly instanceId: string;
  readonly by: SignedInBy;
  /** There is another instance that they can go to. */
  readonly several?: boolean;
  /** The cookie that the browser came with: it opens nothing any more. */
  readonly former?: string | undefined;
}

/**
 * What every form of a session carries, so that no other site can have it sent (synchronizer token). Made of the cookie's
 * secret, so that whoever reads the store has neither; 256 random bits need no slow hash.
 */
export const csrfOf = (token: string): string => sha256(`csrf ${token}`);

/**
 * Begins a session, always under a new secret: nobody can have set the cookie beforehand (session fixation). Conditional
 * on the person being active and on the API key, or the binding of their identity, being there still.
 * @returns refused with `access-denied` for whoever is not active or whose API key or identity was taken away, and with
 * `service-identity` for a service: the console is for people.
 */
export function beginConsoleSession(
  context: Context,
  signingIn: SigningIn,
): Promise<Decision<BegunConsoleSession>> {
  const startedAt = context.clock.now();
  return attempt(context, () => begin(context, signingIn, { startedAt, formerWhen: [] }));
}

async function begin(
  context: Context,
  { personId, instanceId, by, several, former }: SigningIn,
  { startedAt, formerWhen }: { readonly startedAt: EpochMillis; readonly formerWhen: readonly Condition[] },
): Promise<Decision<BegunConsoleSession> | undefined> {
  const { store, clock } = context;
  const person = await loadPerson(store, instanceId, personId);
  const ground = await groundOf(context, { personId, instanceId, by });
  if (person === undefined || !isActive(person) || ground === 'gone') return refuse('access-denied');
  if (person.kind === 'service') return refuse('service-identity');
  const token = randomBytes(32).toString('base64url');
  const now = clock.now();
  const session: ConsoleSession = {
    hash: sha256(token),
    personId,
    instanceId,
    by,
    ...(several === true && { several }),
    startedAt,
    seenAt: now,
    expiresAt: consoleExpiry(startedAt, now),
  };
  const result = await store.commit([
    { put: consoleSessionItem(session), when: [{ item: 'absent' }] },
    isActiveStill(instanceId, personId),
    ground,
    ...ending(former, formerWhen),
  ]);
  return result.committed ? accept({ token, csrf: csrfOf(token) }) : undefined;
}

const ending = (token: string | undefined, when: readonly Condition[] = []): readonly Write[] =>
  token === undefined || !TOKEN.test(token) ? [] : [{ delete: consoleSessionKey(sha256(token)), when }];

/**
 * What a session hangs on, as a condition: the API key, or that the issuer's identity is this person; `gone` when it is not
 * any more.
 */
async function groundOf(
  context: Context,
  { personId, instanceId, by }: Pick<ConsoleSession, 'personId' | 'instanceId' | 'by'>,
): Promise<Write | 'gone'> {
  if ('credential' in by) {
    const credential = await validCredential(context, by.credential);
    return credential?.personId === personId ? stillValid(credential) : 'gone';
  }
  const binding = await loadBinding(context.store, by, instanceId);
  return binding?.personId === personId ? stillBound(by, binding) : 'gone';
}

/** Who is signed in, as their instance knows them at this moment. */
export interface OpenConsoleSession {
  readonly session: ConsoleSession;
  readonly caller: Caller;
}

/**
 * Whose session this cookie is, looked up anew with each request: its API key is there, the person is active, it was not
 * idle for too long and did not last too long.
 * @param quietly true: somebody's browser asks by itself, which is no sign that they are there.
 * @returns undefined for a cookie that is none, or is none any more.
 */
export async function openConsoleSession(
  context: Context,
  token: string,
  quietly = false,
): Promise<OpenConsoleSession | undefined> {
  const session = TOKEN.test(token) ? await loadConsoleSession(context.store, sha256(token)) : undefined;
  const now = context.clock.now();
  if (session === undefined || now >= session.expiresAt) return undefined;
  const [ground, entered] = await Promise.all([
    groundOf(context, session),
    enter(context, session.instanceId, session.personId),
  ]);
  if (ground === 'gone' || !entered.ok) return undefined;
  if (!quietly && now - session.seenAt >= CONSOLE_TOUCH) await context.store.commit([touched(session, now)]);
  return { session, caller: entered.value };
}

/** Signs out: the cookie opens nothing any more, wherever it was copied to. */
export async function endConsoleSession({ store }: Pick<Context, 'store'>, token: string): Promise<void> {
  const writes = ending(token);
  if (writes.length > 0) await store.commit(writes);
}

/**
 * Goes on in another instance, under a new secret and with the same end.
 * @returns refused with `access-denied` where the person is not active there.
 */
export function switchConsoleInstance(
  context: Context,
  { session, token }: { readonly session: ConsoleSession; readonly token: string },
  { instance, personId }: Membership,
): Promise<Decision<BegunConsoleSession>> {
  const signingIn = { ...session, instanceId: instance.id, personId, several: true, former: token };
  const { startedAt } = session;
  // Whoever has signed out meanwhile stays signed out.
  const formerWhen = [{ item: 'present' }] as const;
  return attempt(context, () => begin(context, signingIn, { startedAt, formerWhen }));
}

/** An instance, and who somebody is in it. */
export interface Membership {
  readonly instance: StoredInstance;
  readonly personId: PersonId;
}

/** The instances in which somebody is active, by name. Read each by itself: the list may lag behind. */
export async function membershipsOf(
  context: Pick<Context, 'store'>,
  by: SignedInBy,
): Promise<readonly Membership[]> {
  const { store } = context;
  const found = await Promise.all(
    (await bindingsOf(context, by)).map(async ({ instanceId, personId }) => {
      const person = await loadPerson(store, instanceId, personId);
      if (person === undefined || !isActive(person)) return undefined;
      const instance = await loadInstance(store, instanceId);
      return instance && { instance, personId };
    }),
  );
  return found
    .filter((membership) => membership !== undefined)
    .sort(({ instance: a }, { instance: b }) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
}

/** Who somebody could be, and where: an API key's person is the same everywhere, an issuer's identity is bound in each instance. */
async function bindingsOf(context: Pick<Context, 'store'>, by: SignedInBy): Promise<readonly Binding[]> {
  const { store } = context;
  if (!('credential' in by)) return loadBindings(store, by);
  const credential = await validCredential(context, by.credential);
  if (credential === undefined) return [];
  const { personId } = credential;
  return (await listInstances({ store })).map(({ id: instanceId }) => ({ instanceId, personId }));
}

/** Takes a session away that is over, or a sign-in that nobody finished. */
export async function expireConsoleSession({ store, clock }: Context, item: Item): Promise<void> {
  const { table, partition, sort } = item;
  await store.commit([
    {
      delete: { table, partition, sort },
      when: [{ attribute: 'expiresAt', is: 'lessOrEqual', value: clock.now() }],
    },
  ]);
}
