import type { PersonId } from '../../domain/person.ts';
import { DAY, type EpochMillis } from '../../domain/time.ts';
import type { Item, ItemKey, Store } from '../../ports/store.ts';
import { attributesOf, recordOf } from './attributes.ts';
import { dueAt } from './due.ts';

/** How long a refresh token can be used, in milliseconds; each use makes another. IBM's Python client counts on a week. */
export const REFRESH_VALIDITY = 30 * DAY;

/**
 * What an API key was exchanged for, and goes on by refresh tokens. Of those it keeps the SHA-256 alone, of 256 random
 * bits each.
 */
export interface Session {
  /** 128 random bits, in hexadecimal digits; the refresh tokens carry it. */
  readonly id: string;
  readonly personId: PersonId;
  /** The API key's hash: with the key, its sessions end. */
  readonly credential: string;
  /** The token that was handed out last, and was not used yet. */
  readonly current: string;
  /** The one before, which it was handed out for. */
  readonly previous?: string;
  readonly startedAt: EpochMillis;
  readonly expiresAt: EpochMillis;
}

export const sessionKey = (id: string): ItemKey => ({
  table: 'main',
  partition: `session#${id}`,
  sort: 'session',
});

/** The session; the sweeper takes it away when it has expired. */
export const sessionItem = (session: Session): Item => ({
  ...sessionKey(session.id),
  attributes: attributesOf(session),
  indexes: { due: dueAt('session', session.expiresAt, session.id) },
});

export const sessionOfItem = (item: Item): Session => recordOf<Session>(item);

export async function loadSession(store: Store, id: string): Promise<Session | undefined> {
  const item = await store.get(sessionKey(id));
  return item && sessionOfItem(item);
}
