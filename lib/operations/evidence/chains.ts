import { INSTANCE_CHAIN } from '../../domain/checkpoint.ts';
import { END, type EvidenceFilter, type EvidenceLine } from '../../domain/evidence/lines.ts';
import { ACTIVE, DEACTIVATED, DESTROYED, SUSPENDED } from '../../domain/key.ts';
import type { Store } from '../../ports/store.ts';
import { loadEvents } from '../records/event.ts';
import { instancePartition, loadInstance } from '../records/instance.ts';
import { keyList, keyOfItem, keyPartition, loadKey, purgedList } from '../records/key.ts';
import type { Position } from './position.ts';

/** Lines, and where to go on. */
export interface Step {
  readonly lines: readonly EvidenceLine[];
  readonly next: Position;
}

const EVENTS_AT_ONCE = 500;

export interface ChainReading {
  readonly instanceId: string;
  readonly filter: EvidenceFilter;
}

type EventsPosition = Extract<Position, { readonly at: 'events' }>;

/** One page of a chain's events; within a time, those from the first that is in it to the last before one that is not. */
export async function readEvents(
  store: Store,
  { instanceId, filter }: ChainReading,
  position: EventsPosition,
): Promise<Step> {
  const { chain, after } = position;
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = filter;
  const whole = filter.from === undefined && filter.to === undefined;
  const head = await headOf(store, instanceId, chain);
  const done: Position = chain === INSTANCE_CHAIN ? { at: 'keys' } : { at: 'records', chain };
  if (head === undefined) return { lines: [], next: done };
  const upTo = position.upTo ?? head.sequence;
  const partition =
    chain === INSTANCE_CHAIN ? instancePartition(instanceId) : keyPartition(instanceId, chain);
  const page = { limit: EVENTS_AT_ONCE, ...(after !== undefined && { after }) };
  const { events, cursor } = await loadEvents(store, partition, page);
  const lines: EvidenceLine[] = [];
  let begun = position.begun === true;
  let over = false;
  for (const event of events) {
    if (!begun && event.at < from) continue;
    over ||= event.at >= to || event.sequence > upTo;
    if (over) break;
    if (!begun)
      lines.push({ type: 'chain', chain, name: head.name, complete: whole, sequence: upTo, hash: head.hash });
    begun = true;
    lines.push({ type: 'event', chain, event });
  }
  if (cursor !== undefined && !over) {
    return { lines, next: { at: 'events', chain, upTo, begun, after: cursor } };
  }
  if (begun || chain === INSTANCE_CHAIN) return { lines, next: done };
  // A key that nothing happened to in the time has no part in it.
  return { lines, next: filter.key === undefined ? { at: 'keys', below: chain } : { at: END } };
}

async function headOf(store: Store, instanceId: string, chain: string) {
  const found =
    chain === INSTANCE_CHAIN
      ? await loadInstance(store, instanceId)
      : await loadKey(store, instanceId, chain);
  return found && { name: found.name, sequence: found.auditSequence, hash: found.auditHash };
}

const KEYS_AT_ONCE = 100;
const STATES = [ACTIVE, SUSPENDED, DEACTIVATED, DESTROYED] as const;

/** Ids of keys of the instance, purged ones among them, the last first. Empty when there are none below. */
export async function keysBelow(
  store: Store,
  instanceId: string,
  below?: string,
): Promise<readonly string[]> {
  const lists = [...STATES.map((state) => keyList(instanceId, state)), purgedList(instanceId)];
  // One more: the bound itself is among them.
  const limit = KEYS_AT_ONCE + 1;
  const query = { table: 'main', index: 'list', limit, descending: true } as const;
  const pages = await Promise.all(
    lists.map((partition) =>
      store.query({ ...query, partition, ...(below !== undefined && { upTo: below }) }),
    ),
  );
  const ids = pages.map(({ items }) => items.map((item) => keyOfItem(item).id));
  // Beyond the end of a list that goes on, keys of it could be missed.
  const floors = ids.filter((_, i) => pages[i]?.cursor !== undefined).map((list) => list.at(-1) ?? '');
  const floor = floors.sort().at(-1) ?? '';
  return [...new Set(ids.flat())]
    .filter((id) => id >= floor && id !== below)
    .sort()
    .reverse();
}
