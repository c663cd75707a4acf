import type { Authorization } from '../../domain/authorization.ts';
import type { RefusalCode } from '../../domain/refusal.ts';
import { nextReminder } from '../../domain/reminder.ts';
import { DAY, type EpochMillis, MINUTE, SECOND } from '../../domain/time.ts';
import type { Item, ItemKey, Store } from '../../ports/store.ts';
import { attributesOf, recordOf } from './attributes.ts';
import { dueAt } from './due.ts';
import { keyPartition } from './key.ts';

/** Which authorization of which key. */
export interface Reference {
  readonly instanceId: string;
  readonly keyId: string;
  readonly authorizationId: string;
}

export const referenceOf = (authorization: Authorization): Reference => ({
  instanceId: authorization.instanceId,
  keyId: authorization.keyId,
  authorizationId: authorization.id,
});

export const authorizationKey = ({ instanceId, keyId, authorizationId }: Reference): ItemKey => ({
  table: 'main',
  partition: keyPartition(instanceId, keyId),
  sort: `authorization#${authorizationId}`,
});

/** The authorization as it is written at `now`, on the sweeper's list until its execution has told everyone. */
export const authorizationItem = (authorization: Authorization, now: EpochMillis): Item => ({
  attributes: attributesOf(authorization),
  indexes: {
    list: authorizationListEntry(authorization),
    due: dueAt('authorization', nextLook(authorization, now), authorization.id),
  },
  ...authorizationKey(referenceOf(authorization)),
});

const authorizationListEntry = (authorization: Authorization) => ({
  partition: authorizationList(authorization.instanceId),
  sort: authorizationPlace(authorization),
});

/** Where an instance's authorizations are listed, by when their newest round was asked for. */
export const authorizationList = (instanceId: string): string => `authorizations#${instanceId}`;

export const authorizationPlace = ({ id, requestedAt }: Pick<Authorization, 'id' | 'requestedAt'>): string =>
  `${new Date(requestedAt).toISOString()}#${id}`;

// A timer fires at the end of a window; the sweeper comes a little later, for those that did not.
const GRACE = MINUTE;
// After a decision the execution moves on within a second, unless its wake-up was lost.
const WAKE_GRACE = 30 * SECOND;
// Is its execution still alive? Looked at after a minute, then each time it has become ten times as old, at last once a
// day, and when a reminder is due: 11 looks in a week, so that a million waiting make 18 DescribeExecution a second (AWS
// allows 15 by default).
const FIRST_LOOK = MINUTE;
const MOST_UNSEEN = DAY;
const AGE_FACTOR = 9;

/** When the sweeper next looks whether the execution has kept up. */
export function nextLook(authorization: Authorization, now: EpochMillis): EpochMillis {
  switch (authorization.status) {
    case 'pending':
      return Math.min(
        authorization.windowEndsAt + GRACE,
        nextReminder(authorization, now) ?? Number.POSITIVE_INFINITY,
        nextLiveness(authorization.requestedAt, now),
      );
    case 'lapsed':
    case 'drifted':
      return Math.min(authorization.reauthorizeEndsAt + GRACE, nextLiveness(authorization.closedAt, now));
    default:
      return now + WAKE_GRACE;
  }
}

const nextLiveness = (since: EpochMillis, now: EpochMillis): EpochMillis =>
  now + Math.min(Math.max(AGE_FACTOR * (now - since), FIRST_LOOK), MOST_UNSEEN);

export const authorizationOfItem = (item: Item): Authorization => recordOf<Authorization>(item);

export async function loadAuthorization(
  store: Store,
  reference: Reference,
): Promise<Authorization | undefined> {
  const item = await store.get(authorizationKey(reference));
  return item && authorizationOfItem(item);
}

/** Why a request was not recorded, kept for the caller who waits for the answer. */
export interface RefusedRequest {
  readonly authorizationId: string;
  readonly code: RefusalCode;
  readonly detail?: string;
}

export const refusedRequestKey = ({ instanceId, keyId, authorizationId }: Reference): ItemKey => ({
  table: 'main',
  partition: keyPartition(instanceId, keyId),
  sort: `refused-request#${authorizationId}`,
});

export async function loadRefusedRequest(
  store: Store,
  reference: Reference,
): Promise<RefusedRequest | undefined> {
  const item = await store.get(refusedRequestKey(reference));
  return item && recordOf<RefusedRequest>(item);
}
