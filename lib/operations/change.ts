import { chainEvents, type EventDraft } from '../domain/audit.ts';
import type { Key } from '../domain/key.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Condition, Write } from '../ports/store.ts';
import { sha256 } from './caller.ts';
import type { Context } from './context.ts';
import { eventItem } from './records/event.ts';
import { instanceItem, instancePartition, type StoredInstance } from './records/instance.ts';
import { keyItem, keyPartition } from './records/key.ts';

interface Change {
  readonly now: EpochMillis;
  /** What happened; at least one, since nothing changes without an event. */
  readonly events: readonly EventDraft[];
  /** Conditions beside "nothing else has happened to it since it was read". */
  readonly when?: readonly Condition[];
  /** Written in the same transaction. */
  readonly writes?: readonly Write[];
}

export interface KeyChange extends Change {
  /** The key as it was read. */
  readonly key: Key;
  /** What becomes different; a member that is `undefined` is taken off. */
  readonly next?: Partial<Key>;
}

/**
 * Writes a change of a key with its events in one transaction. Every change of a key or of its authorizations goes
 * through here, and each is conditional on the newest event that was read: two changes that were decided on the
 * same state cannot both happen.
 * @returns false when somebody was quicker, or another condition did not hold: nothing has changed.
 */
export async function commitKeyChange(context: Pick<Context, 'store'>, change: KeyChange): Promise<boolean> {
  const { key, next, now, when = [], writes = [] } = change;
  const { events, head } = chainEvents(key, change.events, { at: now, digest: sha256 });
  const partition = keyPartition(key.instanceId, key.id);
  const result = await context.store.commit([
    { put: keyItem({ ...key, ...next, ...head }), when: [unchangedSinceRead(key), ...when] },
    ...events.map((event): Write => ({ put: eventItem(partition, event), when: [{ item: 'absent' }] })),
    ...writes,
  ]);
  return result.committed;
}

const unchangedSinceRead = ({ auditSequence }: { readonly auditSequence: number }): Condition => ({
  attribute: 'auditSequence',
  is: 'equal',
  value: auditSequence,
});

export interface InstanceChange extends Change {
  readonly instance: StoredInstance;
  readonly next?: Partial<StoredInstance>;
}

/** The same for an instance: its policies and its people. */
export async function commitInstanceChange(
  context: Pick<Context, 'store'>,
  change: InstanceChange,
): Promise<boolean> {
  const { instance, next, now, when = [], writes = [] } = change;
  const { events, head } = chainEvents(instance, change.events, { at: now, digest: sha256 });
  const partition = instancePartition(instance.id);
  const result = await context.store.commit([
    { put: instanceItem({ ...instance, ...next, ...head }), when: [unchangedSinceRead(instance), ...when] },
    ...events.map((event): Write => ({ put: eventItem(partition, event), when: [{ item: 'absent' }] })),
    ...writes,
  ]);
  return result.committed;
}
