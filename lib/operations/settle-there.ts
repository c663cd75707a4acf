import { COUNTERSIGN, type EventDraft } from '../domain/audit.ts';
import { sayProvider } from '../domain/external-key.ts';
import { DESTROYED, type Key } from '../domain/key.ts';
import { nextKeyLook } from '../domain/key-due.ts';
import { accept, type Decision } from '../domain/refusal.ts';
import { type EpochMillis, HOUR } from '../domain/time.ts';
import { commitKeyChange } from './change.ts';
import type { Context } from './context.ts';
import { providerOf } from './providers.ts';
import { dueAt } from './records/due.ts';
import { keyKey } from './records/key.ts';
import { restored } from './restore-key.ts';

/** How soon a provider is asked again that has not deleted the key at its time (AWS KMS: within 24 hours after it). */
const ASKED_AGAIN_AFTER = HOUR;

/**
 * What became of a destroyed key that lives elsewhere when its provider's pending window is over: it is gone; or it is
 * there still, because somebody has taken its deletion back without Countersign, and then it is no destroyed key.
 * @returns undefined when somebody was quicker.
 */
export async function settleThere(
  context: Context,
  key: Key,
  now: EpochMillis,
): Promise<Decision<void> | undefined> {
  const { external } = key;
  if (external === undefined) return accept(undefined);
  const provider = providerOf(context, external);
  const there = provider.ok
    ? await provider.value.status(external)
    : ({ status: 'not known', why: provider.refusal.code } as const);
  switch (there.status) {
    case 'gone':
      return written(context, key, { next: { shreddedAt: now }, event: GONE, now });
    case 'alive':
      context.log.error('a destroyed key lives on where it is kept: its deletion was taken back there', {
        keyId: key.id,
        provider: sayProvider(external),
      });
      return written(context, key, { next: restored(key, now), event: SURVIVED, now });
    case 'pending deletion':
      return lookAgain(context, key, Math.max(there.deletionAt ?? 0, now + ASKED_AGAIN_AFTER));
    case 'not known':
      context.log.error('what became of a destroyed key where it is kept is not known', {
        keyId: key.id,
        provider: sayProvider(external),
      });
      return lookAgain(context, key, now + ASKED_AGAIN_AFTER);
  }
}

const GONE: EventDraft = { action: 'countersign.key.gone', actor: COUNTERSIGN, outcome: 'success' };
const SURVIVED: EventDraft = {
  action: 'countersign.key.survive',
  actor: COUNTERSIGN,
  outcome: 'failure',
  data: { why: 'its deletion was taken back where it is kept, without Countersign' },
};

async function written(
  context: Context,
  key: Key,
  {
    next,
    event,
    now,
  }: { readonly next: Partial<Key>; readonly event: EventDraft; readonly now: EpochMillis },
): Promise<Decision<void> | undefined> {
  const when = [
    { attribute: 'state', is: 'equal', value: DESTROYED },
    { attribute: 'shreddedAt', is: 'absent' },
  ] as const;
  const committed = await commitKeyChange(context, { key, now, next, events: [event], when });
  return committed ? accept(undefined) : undefined;
}

/** The key's end there has moved: no event, since nothing was done. */
async function lookAgain(
  { store }: Context,
  key: Key,
  restoreUntil: EpochMillis,
): Promise<Decision<void> | undefined> {
  const at = nextKeyLook({ ...key, restoreUntil });
  const { committed } = await store.commit([
    {
      update: keyKey(key.instanceId, key.id),
      when: [{ attribute: 'auditSequence', is: 'equal', value: key.auditSequence }],
      set: { restoreUntil },
      indexes: { due: at === undefined ? null : dueAt('key', at, key.id) },
    },
  ]);
  return committed ? accept(undefined) : undefined;
}
