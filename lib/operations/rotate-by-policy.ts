import { COUNTERSIGN } from '../domain/audit.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { isDueForRotation } from '../domain/rotation.ts';
import { attempt } from './attempts.ts';
import type { Context } from './context.ts';
import { addVersion } from './new-version.ts';
import { type KeyReference, loadKey } from './records/key.ts';

/** Rotates a key whose policy says that it is time, and no other. */
export function rotateByPolicy(context: Context, { instanceId, id }: KeyReference): Promise<Decision<void>> {
  return attempt(context, async () => {
    const key = await loadKey(context.store, instanceId, id);
    if (key === undefined) return refuse('key-not-found');
    const now = context.clock.now();
    if (!isDueForRotation(key, now)) return accept(undefined);
    return addVersion(context, key, { actor: COUNTERSIGN, now });
  });
}
