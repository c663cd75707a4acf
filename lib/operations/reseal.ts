import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Resealer } from '../ports/sealer.ts';
import type { Attributes, Item } from '../ports/store.ts';
import { attributesOf, recordOf } from './records/attributes.ts';
import { type ImportKeyRecord, importKeyContext } from './records/import-token.ts';
import { mailContext, type OutboxRow } from './records/mail.ts';
import {
  type MaterialRecord,
  materialContext,
  RETAINED_PREFIX,
  type RetainedRecord,
  retainedContext,
} from './records/material.ts';

/** What can be sealed in the store. */
export const SEALED_KINDS = ['key', 'destroyed-key', 'import-token', 'mail'] as const;
export type SealedKind = (typeof SEALED_KINDS)[number];

/** What kind of sealed thing an item is; undefined for one in which nothing is known to be sealed. */
export function sealedKindOf({ table, partition, sort, attributes }: Item): SealedKind | undefined {
  if (table === 'main') return 'sealedToken' in attributes ? 'mail' : undefined;
  if (partition.startsWith(RETAINED_PREFIX)) return 'destroyed-key';
  return sort === 'material' ? 'key' : 'import-token';
}

/**
 * An item's attributes with everything that is sealed in it sealed under the newest key; undefined when it is already,
 * or nothing is. Works without waiting, for a store that lets nobody come in between.
 * @throws PermanentError when something cannot be unsealed.
 */
export function resealed(item: Item, resealer: Resealer): Attributes | undefined {
  switch (sealedKindOf(item)) {
    case 'key':
      return resealedMaterial(item, resealer);
    case 'destroyed-key':
      return resealedRetained(item, resealer);
    case 'import-token': {
      const { sealed, tokenId } = recordOf<ImportKeyRecord>(item);
      return withNewSeal(item, 'sealed', anew(resealer, sealed, importKeyContext(tokenId)));
    }
    case 'mail': {
      const { sealedToken, id } = recordOf<OutboxRow>(item);
      if (sealedToken === undefined) return undefined;
      return withNewSeal(item, 'sealedToken', anew(resealer, sealedToken, mailContext({ id })));
    }
    case undefined:
      return undefined;
  }
}

/** Undefined: it is sealed under the newest key already. */
const anew = (resealer: Resealer, sealed: string, context: string): string | undefined =>
  resealer.isNewest(sealed) ? undefined : resealer.sealNow(resealer.unsealNow(sealed, context), context);

const withNewSeal = (item: Item, name: string, sealed: string | undefined): Attributes | undefined =>
  sealed === undefined ? undefined : { ...item.attributes, [name]: sealed };

function resealedMaterial(item: Item, resealer: Resealer): Attributes | undefined {
  const keyId = keyIdOf(item);
  const record = recordOf<MaterialRecord>(item);
  const versions = resealedVersions(keyId, record, resealer);
  return versions && attributesOf({ ...record, versions, resealed: (record.resealed ?? 0) + 1 });
}

function resealedVersions(
  keyId: string,
  { versions }: MaterialRecord,
  resealer: Resealer,
): MaterialRecord['versions'] | undefined {
  const old = Object.entries(versions).filter(([, sealed]) => !resealer.isNewest(sealed));
  if (old.length === 0) return undefined;
  const changed = old.map(([id, sealed]) => {
    const context = materialContext(keyId, id);
    return [id, resealer.sealNow(resealer.unsealNow(sealed, context), context)];
  });
  return { ...versions, ...Object.fromEntries(changed) };
}

/** It is sealed twice, and either seal can be an old one: what was put away lately has only the outer one new. */
function resealedRetained(item: Item, resealer: Resealer): Attributes | undefined {
  const keyId = keyIdOf(item);
  const retained = recordOf<RetainedRecord>(item);
  const packed = resealer.unsealNow(retained.sealed, retainedContext(keyId));
  const inner: MaterialRecord = JSON.parse(String(inflateRawSync(packed)));
  const versions = resealedVersions(keyId, inner, resealer);
  if (versions === undefined && resealer.isNewest(retained.sealed)) return undefined;
  const repacked = versions === undefined ? packed : deflateRawSync(JSON.stringify({ ...inner, versions }));
  const sealed = resealer.sealNow(repacked, retainedContext(keyId));
  return attributesOf({ ...retained, sealed, resealed: (retained.resealed ?? 0) + 1 });
}

const keyIdOf = ({ partition }: Item): string => partition.split('#')[2] ?? '';
