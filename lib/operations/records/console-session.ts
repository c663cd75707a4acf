import type { ExternalIdentity, PersonId } from '../../domain/person.ts';
import { type EpochMillis, HOUR, MINUTE } from '../../domain/time.ts';
import type { Item, ItemKey, Store, Write } from '../../ports/store.ts';
import { attributesOf, recordOf } from './attributes.ts';
import { dueAt } from './due.ts';

/** How long a session of the console goes on without a request, in milliseconds. */
export const CONSOLE_IDLE = 30 * MINUTE;
/** How long it goes on at most, however much is done in it: half a day's work, then who is there is asked again. */
export const CONSOLE_LONGEST = 12 * HOUR;
/** How much later than noted the last request may have been: a page does not cost a write. */
export const CONSOLE_TOUCH = MINUTE;

/** How somebody showed who they are: by an API key, whose SHA-256 this is, or by what an OIDC issuer says. */
export type SignedInBy = { readonly credential: string } | ExternalIdentity;

/** Somebody who is signed in to the console, in one instance. Of the cookie's 256 random bits it keeps the SHA-256 alone. */
export interface ConsoleSession {
  readonly hash: string;
  readonly personId: PersonId;
  readonly instanceId: string;
  readonly by: SignedInBy;
  /** There is another instance that the same person can go to. */
  readonly several?: true;
  readonly startedAt: EpochMillis;
  /** The last request, to within `CONSOLE_TOUCH`. */
  readonly seenAt: EpochMillis;
  readonly expiresAt: EpochMillis;
}

export const consoleSessionKey = (hash: string): ItemKey => ({
  table: 'main',
  partition: `console-session#${hash}`,
  sort: 'console-session',
});

const due = ({ hash, expiresAt }: Pick<ConsoleSession, 'hash' | 'expiresAt'>) => ({
  due: dueAt('console-session', expiresAt, hash),
});

/** The session; the sweeper takes it away when it has expired. */
export const consoleSessionItem = (session: ConsoleSession): Item => ({
  ...consoleSessionKey(session.hash),
  attributes: attributesOf(session),
  indexes: due(session),
});

export const consoleSessionOfItem = (item: Item): ConsoleSession => recordOf<ConsoleSession>(item);

export async function loadConsoleSession(store: Store, hash: string): Promise<ConsoleSession | undefined> {
  const item = await store.get(consoleSessionKey(hash));
  return item && consoleSessionOfItem(item);
}

/** When a session that was last seen then is over. */
export const consoleExpiry = (startedAt: EpochMillis, seenAt: EpochMillis): EpochMillis =>
  Math.min(seenAt + CONSOLE_IDLE, startedAt + CONSOLE_LONGEST);

/** Puts the end off. Holds while the session is there: whoever signs out meanwhile stays signed out. */
export const touched = (session: ConsoleSession, now: EpochMillis): Write => {
  const expiresAt = consoleExpiry(session.startedAt, now);
  return {
    update: consoleSessionKey(session.hash),
    when: [{ item: 'present' }, { attribute: 'seenAt', is: 'less', value: now }],
    set: { seenAt: now, expiresAt },
    indexes: due({ hash: session.hash, expiresAt }),
  };
};
