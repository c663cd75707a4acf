import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Key } from '../domain/key.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Write } from '../ports/store.ts';
import type { Context } from './context.ts';
import { attributesOf, recordOf } from './records/attributes.ts';
import {
  type MaterialRecord,
  materialKey,
  type RetainedRecord,
  retainedContext,
  retainedKey,
  sealedAsRead,
} from './records/material.ts';

/**
 * The writes that move a key's material to where only restoring and shredding find it. What is sealed is not unsealed
 * for it, but sealed once more, so that whoever destroys keys can read none. It is packed first: a thousand versions
 * fill an item, and sealing makes what it seals a third longer.
 * @returns undefined for a key that has no material any more.
 */
async function setAside(
  { store, sealer }: Pick<Context, 'store' | 'sealer'>,
  { instanceId, id }: Key,
): Promise<readonly Write[] | undefined> {
  const item = await store.get(materialKey(instanceId, id));
  if (item === undefined) return undefined;
  const record = recordOf<MaterialRecord>(item);
  const packed = deflateRawSync(JSON.stringify(record));
  const sealed = await sealer.seal(packed, retainedContext(id));
  const attributes = attributesOf({ sealed } satisfies RetainedRecord);
  return [
    { put: { attributes, ...retainedKey(instanceId, id) }, when: [] },
    { delete: materialKey(instanceId, id), when: [sealedAsRead(record)] },
  ];
}

/**
 * What a deletion makes of a key's material, in its transaction: set aside until the restore window has ended, or
 * shredded where there is none.
 * @param options.window the instance's restore window, in milliseconds
 */
export async function endOfMaterial(
  context: Pick<Context, 'store' | 'sealer'>,
  key: Key,
  { window, now }: { readonly window: number; readonly now: EpochMillis },
): Promise<{ readonly nextKey: Partial<Key>; readonly writes: readonly Write[] }> {
  const aside = window > 0 ? await setAside(context, key) : undefined;
  if (aside !== undefined) return { nextKey: { restoreUntil: now + window }, writes: aside };
  return {
    nextKey: { restoreUntil: now, shreddedAt: now },
    writes: [{ delete: materialKey(key.instanceId, key.id), when: [] }],
  };
}

/**
 * The writes that move it back; undefined when it is not there.
 * @throws PermanentError when it was changed.
 */
export async function bringBack(
  { store, sealer }: Pick<Context, 'store' | 'sealer'>,
  { instanceId, id }: Key,
): Promise<readonly Write[] | undefined> {
  const item = await store.get(retainedKey(instanceId, id));
  if (item === undefined) return undefined;
  const retained = recordOf<RetainedRecord>(item);
  const packed = await sealer.unseal(retained.sealed, retainedContext(id));
  const record: MaterialRecord = JSON.parse(String(inflateRawSync(packed)));
  return [
    {
      put: { ...materialKey(instanceId, id), attributes: attributesOf(record) },
      when: [{ item: 'absent' }],
    },
    { delete: retainedKey(instanceId, id), when: [{ item: 'present' }, sealedAsRead(retained)] },
  ];
}

/** The write that ends it. */
export const shredRetained = ({ instanceId, id }: Key): Write => ({
  delete: retainedKey(instanceId, id),
  when: [],
});
