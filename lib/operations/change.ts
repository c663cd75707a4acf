import { chainEvents, type EventDraft } from '../domain/audit.ts';
import type { Key } from '../domain/key.ts';
import { unwrittenExpiry } from '../domain/key-state.ts';
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
  /** The API request that it comes from, for writes that are made without a context. */
  readonly correlationId?: string | undefined;
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
 * same state cannot both happen. An expiry that nobody has written yet is written along.
 * @returns false when somebody was quicker, or another condition did not hold: nothing has changed.
 */
export async function commitKeyChange(
  context: Pick<Context, 'store' | 'correlationId'>,
  change: KeyChange,
): Promise<boolean> {
  const { key, next, now, when = [], writes = [] } = change;
  const { correlationId = context.correlationId } = change;
  const expiry = unwrittenExpiry(key, now);
  const drafts = expiry === undefined ? change.events : [expiry.event, ...change.events];
  const { events, head } = chainEvents(key, drafts, { at: now, digest: sha256, correlationId });
  const partition = keyPartition(key.instanceId, key.id);
  const result = await context.store.commit([
    { put: keyItem({ ...key, ...expiry?.next, ...next, ...head }), when: [unchangedSinceRead(key), ...when] },
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
  context: Pick<Context, 'store' | 'correlationId'>,
  change: InstanceChange,
): Promise<boolean> {
  const { correlationId = context.correlationId } = change;
  const result = await context.store.commit(instanceChangeWrites({ ...change, correlationId }));
  return result.committed;
}

/** The writes of an instance's change, for a transaction that changes a key as well. */
export function instanceChangeWrites(change: InstanceChange): readonly Write[] {
  const { instance, next, now, when = [], writes = [] } = change;
  const { correlationId } = change;
  const { events, head } = chainEvents(instance, change.events, { at: now, digest: sha256, correlationId });
  const partition = instancePartition(instance.id);
  return [
    { put: instanceItem({ ...instance, ...next, ...head }), when: [unchangedSinceRead(instance), ...when] },
    ...events.map((event): Write => ({ put: eventItem(partition, event), when: [{ item: 'absent' }] })),
    ...writes,
  ];
}
