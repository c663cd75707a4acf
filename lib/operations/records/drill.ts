import type { Drill } from '../../domain/drill.ts';
import type { PersonId } from '../../domain/person.ts';
import type { EpochMillis } from '../../domain/time.ts';
import type { Condition, Item, ItemKey, Store, Write } from '../../ports/store.ts';
import { attributesOf, recordOf, sortable } from './attributes.ts';
import { dueAt } from './due.ts';

/** Which drill: they are found by when they began, the newest first. */
export type DrillReference = Pick<Drill, 'instanceId' | 'id' | 'startedAt'>;

const PREFIX = 'drill#';

export const drillPartition = (instanceId: string): string => `drills#${instanceId}`;

const drillKey = ({ instanceId, id, startedAt }: DrillReference): ItemKey => ({
  table: 'main',
  partition: drillPartition(instanceId),
  sort: `${PREFIX}${sortable(startedAt)}#${id}`,
});

/** The sweeper looks at it when its time is over, or at once when nobody is waited for any more. */
export const drillItem = (drill: Drill, lookAt: EpochMillis): Item => ({
  ...drillKey(drill),
  attributes: attributesOf(drill),
  ...(drill.status === 'open' && { indexes: { due: dueAt('drill', lookAt, drill.id) } }),
});

export const drillOfItem = (item: Item): Drill => recordOf<Drill>(item);

/** Which drill of an instance is the newest: whoever starts the next one writes it over. */
export interface NewestDrill {
  readonly drillId: string;
}

const newestKey = (instanceId: string): ItemKey => ({
  table: 'main',
  partition: drillPartition(instanceId),
  sort: 'newest',
});

/** The write by which one drill follows another, of which only one start can be the next. */
export const newestDrillWrite = (drill: Drill, before: Drill | undefined): Write => ({
  put: {
    ...newestKey(drill.instanceId),
    attributes: attributesOf({ drillId: drill.id } satisfies NewestDrill),
  },
  when: [before === undefined ? { item: 'absent' } : { attribute: 'drillId', is: 'equal', value: before.id }],
});

export const drillAsRead = ({ version }: Drill): Condition => ({
  attribute: 'version',
  is: 'equal',
  value: version,
});

export async function loadDrill(store: Store, reference: DrillReference): Promise<Drill | undefined> {
  const item = await store.get(drillKey(reference));
  return item && drillOfItem(item);
}

export interface DrillPage {
  readonly drills: readonly Drill[];
  /** There when more may follow. */
  readonly cursor?: string;
}

/** An instance's drills, the newest first. */
export async function loadDrills(
  store: Store,
  instanceId: string,
  page: { readonly limit: number; readonly after?: string },
): Promise<DrillPage> {
  const partition = drillPartition(instanceId);
  const query = { table: 'main', partition, prefix: PREFIX, descending: true, ...page } as const;
  const { items, cursor } = await store.query(query);
  return { drills: items.map(drillOfItem), ...(cursor !== undefined && { cursor }) };
}

export async function loadNewestDrill(store: Store, instanceId: string): Promise<Drill | undefined> {
  return (await loadDrills(store, instanceId, { limit: 1 })).drills[0];
}

/** A link of a drill: one person's. Kept under the SHA-256 of its token, which is in the mail alone. */
export interface DrillLink extends DrillReference {
  readonly hash: string;
  readonly personId: PersonId;
  readonly createdAt: EpochMillis;
}

const linkKey = (hash: string): ItemKey => ({
  table: 'main',
  partition: `drill-link#${hash}`,
  sort: 'drill-link',
});

export const drillLinkItem = (link: DrillLink): Item => ({
  ...linkKey(link.hash),
  attributes: attributesOf(link),
});

export async function loadDrillLink(store: Store, hash: string): Promise<DrillLink | undefined> {
  const item = await store.get(linkKey(hash));
  return item && recordOf<DrillLink>(item);
}
