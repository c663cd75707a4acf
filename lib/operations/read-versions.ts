import { ACTIVE, type KeyVersion } from '../domain/key.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { permittedKey } from './read-keys.ts';

export interface VersionListing {
  /** At most this many, after leaving out the first `offset`. */
  readonly limit: number;
  readonly offset: number;
  /** Also of a key that is not active. */
  readonly allKeyStates: boolean;
}

export interface VersionPage {
  /** Newest first. */
  readonly versions: readonly KeyVersion[];
  /** How many there are in all. */
  readonly total: number;
}

/** The versions of a key, by id or alias. */
export async function listKeyVersions(
  context: Context,
  caller: Caller,
  idOrAlias: string,
  { limit, offset, allKeyStates }: VersionListing,
): Promise<Decision<VersionPage>> {
  const found = await permittedKey(context, caller, { operation: 'listKeyVersions', idOrAlias });
  if (!found.ok) return found;
  const { state, versions } = found.value;
  if (state !== ACTIVE && !allKeyStates) {
    return refuse('key-not-active', 'Key is not in active state; `allKeyStates=true` lists its versions too');
  }
  return accept({ versions: versions.slice(offset, offset + limit), total: versions.length });
}
