import { randomBytes, randomUUID } from 'node:crypto';
import type { Key } from '../domain/key.ts';
import type { PersonId } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { withVersion } from '../domain/rotation.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Write } from '../ports/store.ts';
import { commitKeyChange } from './change.ts';
import type { Context } from './context.ts';
import { recordOf } from './records/attributes.ts';
import { type MaterialRecord, materialContext, materialKey, sealedAsRead } from './records/material.ts';

/** Key material that is made here. */
const GENERATED_BYTES = 32;

export interface NewVersion {
  /** Absent: 256 random bits are made. */
  readonly material?: Uint8Array | undefined;
  readonly actor: PersonId;
  readonly now: EpochMillis;
  /** Conditions on people. */
  readonly writes?: readonly Write[];
}

/**
 * Gives the key a new version, which wraps from then on: its material joins that of the older ones in the transaction
 * that says so. The key has been read before its material, so that whoever changed either of them fails the commit.
 * @returns undefined when somebody else's write came first.
 */
export async function addVersion(
  context: Context,
  key: Key,
  { material = randomBytes(GENERATED_BYTES), actor, now, writes = [] }: NewVersion,
): Promise<Decision<void> | undefined> {
  const { store, sealer } = context;
  const item = await store.get(materialKey(key.instanceId, key.id));
  // Shredded: there is nothing left that a version could be added to.
  if (item === undefined) return refuse('key-not-active');
  const id = randomUUID();
  const sealed = await sealer.seal(material, materialContext(key.id, id));
  const record = recordOf<MaterialRecord>(item);
  const committed = await commitKeyChange(context, {
    key,
    now,
    next: withVersion(key, { id, bitLength: material.length * 8 }, now),
    events: [
      {
        action: 'kms.secrets.rotate',
        actor,
        outcome: 'success',
        data: { keyVersionId: id, oldKeyVersionId: key.versions[0]?.id, versions: key.versions.length + 1 },
      },
    ],
    writes: [
      {
        update: materialKey(key.instanceId, key.id),
        when: [{ item: 'present' }, sealedAsRead(record)],
        set: { versions: { ...record.versions, [id]: sealed } },
      },
      ...writes,
    ],
  });
  return committed ? accept(undefined) : undefined;
}
