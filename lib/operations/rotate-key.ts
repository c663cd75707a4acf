import { ACCESS } from '../domain/access.ts';
import { mayBring } from '../domain/instance-policies.ts';
import type { Decision } from '../domain/refusal.ts';
import { mayRotate } from '../domain/rotation.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { type ImportedMaterial, importMaterial } from './import-material.ts';
import { addVersion } from './new-version.ts';
import { permittedKey } from './read-keys.ts';
import { reloadPerson, stillHoldsAny } from './records/person.ts';

export interface RotateRequest {
  /** The new version's material, for a key whose material was imported; for others it is made here. */
  readonly imported?: ImportedMaterial | undefined;
}

/**
 * Gives a root key a new version. Older ones go on unwrapping what they have wrapped. A deletion that is asked for or
 * approved covers only the versions that were there: it has to be authorized again.
 */
export function rotateKey(
  context: Context,
  caller: Caller,
  idOrAlias: string,
  { imported }: RotateRequest,
): Promise<Decision<void>> {
  return attempt(context, async () => {
    const person = await reloadPerson(context.store, caller.person);
    const asked = { operation: 'rotateKey', idOrAlias } as const;
    const found = await permittedKey(context, { ...caller, person }, asked);
    if (!found.ok) return found;
    const key = found.value;
    const now = context.clock.now();
    const allowed = mayRotate(key, { brings: imported !== undefined }, now);
    if (!allowed.ok) return allowed;
    const brought = mayBring(caller.instance, {
      imported: imported !== undefined,
      encrypted: imported?.encryption !== undefined,
    });
    if (!brought.ok) return brought;
    const material = imported && (await importMaterial(context, key.instanceId, imported));
    if (material?.ok === false) return material;
    return addVersion(context, key, {
      material: material?.value,
      actor: person.id,
      now,
      writes: stillHoldsAny(person, ACCESS.rotateKey, key),
    });
  });
}
