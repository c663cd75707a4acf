import type { PersonId } from '../../domain/person.ts';
import type { EpochMillis } from '../../domain/time.ts';
import type { Item, ItemKey, Store } from '../../ports/store.ts';
import { attributesOf, recordOf, sortable } from './attributes.ts';
import type { Reference } from './authorization.ts';
import { keyPartition } from './key.ts';
import type { Link } from './link.ts';

/** That the page behind a link was shown. Who looked is not known: a mail scanner opens links as well. */
export interface Opening extends Reference {
  readonly round: number;
  /** Whom the link was mailed to. */
  readonly personId: PersonId;
  readonly firstAt: EpochMillis;
  readonly lastAt: EpochMillis;
  /** Openings that are less than a minute apart count once. */
  readonly count: number;
}

const prefixOf = (authorizationId: string): string => `opening#${authorizationId}#`;

export const openingKey = (link: Omit<Opening, 'firstAt' | 'lastAt' | 'count'>): ItemKey => ({
  table: 'main',
  partition: keyPartition(link.instanceId, link.keyId),
  sort: `${prefixOf(link.authorizationId)}${sortable(link.round)}#${link.personId}`,
});

export function firstOpening(link: Link, at: EpochMillis): Item {
  const { instanceId, keyId, authorizationId, round, personId } = link;
  const opening: Opening = {
    instanceId,
    keyId,
    authorizationId,
    round,
    personId,
    firstAt: at,
    lastAt: at,
    count: 1,
  };
  return { ...openingKey(opening), attributes: attributesOf(opening) };
}

/** Of an authorization's links, in the order of their rounds. */
export async function loadOpenings(store: Store, reference: Reference): Promise<readonly Opening[]> {
  const { items } = await store.query({
    table: 'main',
    partition: keyPartition(reference.instanceId, reference.keyId),
    prefix: prefixOf(reference.authorizationId),
    limit: 1000,
  });
  return items.map((item) => recordOf<Opening>(item));
}
