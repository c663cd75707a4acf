import { ACCESS, type Operation } from '../domain/access.ts';
import type { AuditAction } from '../domain/audit.ts';
import type { Key } from '../domain/key.ts';
import { disable, enable, sync } from '../domain/lifecycle.ts';
import { accept, type Decision } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import { commitKeyChange } from './change.ts';
import type { Context } from './context.ts';
import { permittedKey } from './read-keys.ts';
import { reloadPerson, stillHoldsAny } from './records/person.ts';

interface Action {
  readonly operation: Operation;
  readonly rule: (key: Key, now: EpochMillis) => Decision<Partial<Key>>;
  /** What the chain of events calls it; Key Protect has no event for a synchronization. */
  readonly event: AuditAction;
}

/** What a person does to a key as it is, that changes neither its material nor what would be lost with it. */
const ACTIONS = {
  disable: { operation: 'disableKey', rule: disable, event: 'kms.secrets.disable' },
  enable: { operation: 'enableKey', rule: enable, event: 'kms.secrets.enable' },
  sync: { operation: 'syncKey', rule: sync, event: 'countersign.key.sync' },
} as const satisfies { readonly [name: string]: Action };

/** Disables, enables or synchronizes a root key, by id or alias. */
export function actOnKey(
  context: Context,
  caller: Caller,
  action: keyof typeof ACTIONS,
  idOrAlias: string,
): Promise<Decision<void>> {
  const { operation, rule, event } = ACTIONS[action];
  return attempt(context, async () => {
    const person = await reloadPerson(context.store, caller.person);
    const found = await permittedKey(context, { ...caller, person }, { operation, idOrAlias });
    if (!found.ok) return found;
    const key = found.value;
    const now = context.clock.now();
    const next = rule(key, now);
    if (!next.ok) return next;
    const keyState = next.value.state ?? key.state;
    const committed = await commitKeyChange(context, {
      key,
      now,
      next: next.value,
      events: [{ action: event, actor: person.id, outcome: 'success', data: { keyState } }],
      writes: stillHoldsAny(person, ACCESS[operation], key),
    });
    return committed ? accept(undefined) : undefined;
  });
}
