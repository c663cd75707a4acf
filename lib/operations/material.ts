import type { Key } from '../domain/key.ts';
import type { Context } from './context.ts';
import { recordOf } from './records/attributes.ts';
import { type MaterialRecord, materialContext, materialKey } from './records/material.ts';

/**
 * The material of one of a key's versions, the newest unless told otherwise; undefined when it is shredded.
 * @throws PermanentError when the sealed bytes were changed.
 */
export async function loadMaterial(
  { store, sealer }: Context,
  key: Key,
  versionId: string | undefined = key.versions[0]?.id,
): Promise<Uint8Array | undefined> {
  if (versionId === undefined) return undefined;
  const item = await store.get(materialKey(key.instanceId, key.id));
  const sealed = item && recordOf<MaterialRecord>(item).versions[versionId];
  return sealed === undefined ? undefined : sealer.unseal(sealed, materialContext(key.id, versionId));
}
