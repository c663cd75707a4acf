import { unwrittenExpiry } from '../domain/key-state.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { attempt } from './attempts.ts';
import { commitKeyChange } from './change.ts';
import type { Context } from './context.ts';
import { type KeyReference, loadKey } from './records/key.ts';

/** Writes that a key has expired, if it has and nobody has written it. For everybody it counts before. */
export function expireKey(context: Context, { instanceId, id }: KeyReference): Promise<Decision<void>> {
  return attempt(context, async () => {
    const key = await loadKey(context.store, instanceId, id);
    if (key === undefined) return refuse('key-not-found');
    const now = context.clock.now();
    if (unwrittenExpiry(key, now) === undefined) return accept(undefined);
    return (await commitKeyChange(context, { key, now, events: [] })) ? accept(undefined) : undefined;
  });
}
