import { couldCall, mayCall } from '../domain/access.ts';
import type { Authorization } from '../domain/authorization.ts';
import { type AuthorizationFilter, isWanted } from '../domain/authorization-filter.ts';
import { waitsFor } from '../domain/could-approve.ts';
import { CursorError } from '../domain/errors.ts';
import type { Key } from '../domain/key.ts';
import { displayNameOf, type Person, type PersonId } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { authorizationPlace } from './records/authorization.ts';
import { lastPlaceBefore, storedAuthorizations } from './records/authorization-list.ts';
import { loadKey } from './records/key.ts';
import { loadPeople } from './records/person.ts';

export interface AuthorizationListing extends AuthorizationFilter {
  /** At most this many, 1 to 1,000. */
  readonly limit: number;
  /** The `cursor` of the page before; all else as before. */
  readonly cursor?: string | undefined;
}

export interface ListedAuthorization {
  readonly authorization: Authorization;
  /** As it is now; a key that was purged as well. */
  readonly key: Pick<Key, 'id' | 'name' | 'keyRingId' | 'state'>;
  /** Whom it waits for now: nobody when it is over, or while Countersign carries it out. */
  readonly waitsFor: readonly PersonId[];
}

export interface ListedAuthorizations {
  /** The newest round first. */
  readonly authorizations: readonly ListedAuthorization[];
  /** Names by person id. */
  readonly emails: { readonly [personId: string]: string };
  /** There when more may follow. A page may be short and not the last: so many are looked through for one. */
  readonly cursor?: string;
}

/** Looked through for one page, so that a filter that fits few costs no request the whole table. */
const MOST_LOOKED_AT = 5_000;
/** Keys read for one page, one after another, where most are not the caller's to see; at least as many as a page has. */
const MOST_KEYS_READ = 500;

/**
 * The authorizations of every key that the caller may read the history of, whatever became of them, by when the newest
 * round was asked for. One that is asked for again while somebody pages goes to the beginning.
 * @throws CursorError for a cursor that no page ended with.
 */
export async function listAuthorizations(
  context: Context,
  caller: Caller,
  listing: AuthorizationListing,
): Promise<Decision<ListedAuthorizations>> {
  if (!couldCall(caller.person, 'listAuthorizations')) return refuse('access-denied');
  const after = listing.cursor === undefined ? undefined : placeOf(listing.cursor);
  const people = await loadPeople(context.store, caller.instance.id);
  const emails = Object.fromEntries(people.map((person) => [person.id, displayNameOf(person)]));
  const shown = shownTo(context, caller, people);
  const mostKeys = Math.max(listing.limit, MOST_KEYS_READ);
  const found: ListedAuthorization[] = [];
  let looked = 0;
  const stored = storedAuthorizations(context.store, caller.instance.id, {
    upTo: firstPlace(listing.to, after),
    atOnce: listing.limit,
  });
  for await (const authorization of stored) {
    const place = authorizationPlace(authorization);
    if (after !== undefined && place >= after) continue;
    if (authorization.requestedAt < (listing.from ?? Number.NEGATIVE_INFINITY)) break;
    const one = isWanted(authorization, listing) ? await shown.show(authorization) : undefined;
    if (one !== undefined) found.push(one);
    looked += 1;
    if (found.length === listing.limit || looked === MOST_LOOKED_AT || shown.keysRead() === mostKeys) {
      return accept({ authorizations: found, emails, cursor: cursorOf(place) });
    }
  }
  return accept({ authorizations: found, emails });
}

/** What the caller sees of an authorization; nothing of a key that they may not read. Each key is read once. */
function shownTo(
  { store, clock }: Context,
  { person, instance, keyRingId }: Caller,
  people: readonly Person[],
) {
  const keys = new Map<string, Promise<Key | undefined>>();
  const now = clock.now();
  const show = async (authorization: Authorization): Promise<ListedAuthorization | undefined> => {
    const { keyId } = authorization;
    const loading = keys.get(keyId) ?? loadKey(store, instance.id, keyId);
    keys.set(keyId, loading);
    const key = await loading;
    if (key === undefined || (keyRingId ?? key.keyRingId) !== key.keyRingId) return undefined;
    if (!mayCall(person, 'readHistory', key)) return undefined;
    const serviceApprovals = instance.serviceApprovals ?? false;
    return { authorization, key, waitsFor: waitsFor(authorization, { people, key, serviceApprovals, now }) };
  };
  return { show, keysRead: () => keys.size };
}

/** Where reading begins: before the end of the time, and where the page before ended. */
function firstPlace(to: EpochMillis | undefined, after: string | undefined): string | undefined {
  const end = to === undefined ? undefined : lastPlaceBefore(to);
  return [end, after].filter((place) => place !== undefined).sort()[0];
}

const cursorOf = (place: string): string => Buffer.from(place).toString('base64url');

const PLACE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#[\da-f-]{36}$/;

/** A cursor leads nowhere but to a place in the caller's own list, so that it may be anybody's. */
function placeOf(cursor: string): string {
  const place = Buffer.from(cursor, 'base64url').toString();
  if (PLACE.test(place)) return place;
  throw new CursorError('this is no cursor of a list of authorizations');
}
