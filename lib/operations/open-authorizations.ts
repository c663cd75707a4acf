import { mayCall } from '../domain/access.ts';
import { type Authorization, isOver, requestingPrincipal } from '../domain/authorization.ts';
import { LONGEST_WINDOW } from '../domain/instance.ts';
import type { Key } from '../domain/key.ts';
import { principalOf } from '../domain/person.ts';
import { DAY, type EpochMillis, SECOND } from '../domain/time.ts';
import type { Store } from '../ports/store.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { inLanes } from './lanes.ts';
import { storedAuthorizations } from './records/authorization-list.ts';
import { loadDestroying } from './records/destroying.ts';
import { loadKey } from './records/key.ts';

/**
 * Requests looked through, newest first, those that are over included. So many in the 41 days of the longest round are
 * 240 a day; a page of the console that is open reads them once a minute.
 */
export const MOST_LOOKED_AT = 10_000;
const AT_ONCE = 500;
/** A round is over, whatever its windows, when both at their longest and the day to carry it out have passed. */
const LONGEST_ROUND = 2 * LONGEST_WINDOW * SECOND + DAY;
/** A page that a person reads has no use for more. */
export const MOST_SHOWN = 500;
/** Keys that are loaded at a time. */
const LANES = 16;

export interface OpenAuthorization {
  readonly authorization: Authorization;
  readonly key: Key;
}

export interface OpenAuthorizations {
  /**
   * What has begun where a key lives first, then the caller's own and what waits for approval; of these the next to end, or to
   * be carried out.
   */
  readonly open: readonly OpenAuthorization[];
  /** False: the instance has more requests than are looked through, or more wait than are shown. */
  readonly complete: boolean;
}

/**
 * The authorizations that are not over, of the keys that the caller may read: from an index, which may lag behind by a
 * moment, with their keys as they are. A deletion that has begun where its key lives is among them however long it takes.
 */
export async function openAuthorizations(
  { store, clock }: Pick<Context, 'store' | 'clock'>,
  caller: Caller,
): Promise<OpenAuthorizations> {
  const [{ found: ofLate, complete }, begun] = await Promise.all([
    notOver(store, caller.instance.id, clock.now()),
    loadDestroying(store, caller.instance.id),
  ]);
  // A deletion that stalls where its key lives outlasts every round: it may stand behind all that is looked through.
  const known = new Set(begun.map(({ id }) => id));
  const found = [...begun, ...ofLate.filter(({ id }) => !known.has(id))];
  const me = principalOf(caller.person);
  const rank = (one: Authorization) => {
    if (one.status === 'destroying') return 0;
    return one.status === 'pending' || requestingPrincipal(one) === me ? 1 : 2;
  };
  found.sort((a, b) => rank(a) - rank(b) || endOf(a) - endOf(b));
  const shown: (OpenAuthorization | undefined)[] = [];
  let count = 0;
  let left = false;
  await inLanes([...found.entries()], LANES, async ([i, authorization]) => {
    if (count >= MOST_SHOWN) {
      left = true;
      return;
    }
    const key = await loadKey(store, authorization.instanceId, authorization.keyId);
    // One that was superseded a moment ago is not what the key is waiting with.
    if (key?.authorizationId !== authorization.id || !mayCall(caller.person, 'readHistory', key)) return;
    shown[i] = { authorization, key };
    count += 1;
  });
  const open = shown.filter((one) => one !== undefined);
  // Lanes that had begun when there were enough may have brought more.
  const all = !left && open.length <= MOST_SHOWN;
  return { open: open.slice(0, MOST_SHOWN), complete: complete && all };
}

async function notOver(
  store: Store,
  instanceId: string,
  now: EpochMillis,
): Promise<{ readonly found: Authorization[]; readonly complete: boolean }> {
  const found: Authorization[] = [];
  let looked = 0;
  for await (const authorization of storedAuthorizations(store, instanceId, {
    upTo: undefined,
    atOnce: AT_ONCE,
  })) {
    if (authorization.requestedAt < now - LONGEST_ROUND) break;
    if (looked === MOST_LOOKED_AT) return { found, complete: false };
    looked += 1;
    if (!isOver(authorization.status)) found.push(authorization);
  }
  return { found, complete: true };
}

/** When it ends by itself; of what is being carried out, when it was asked for. */
export function endOf(authorization: Authorization): EpochMillis {
  switch (authorization.status) {
    case 'pending':
      return authorization.windowEndsAt;
    case 'lapsed':
    case 'drifted':
      return authorization.reauthorizeEndsAt;
    default:
      return authorization.requestedAt;
  }
}
