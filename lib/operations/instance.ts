import { mayCall } from '../domain/access.ts';
import { COUNTERSIGN } from '../domain/audit.ts';
import {
  changedSettings,
  type InstanceSettings,
  type SettingsChange,
  settingsOf,
} from '../domain/instance-settings.ts';
import type { Person } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { attempt } from './attempts.ts';
import { type Caller, enterAgain } from './caller.ts';
import { commitInstanceChange } from './change.ts';
import type { Context } from './context.ts';
import { loadInstanceAndPeople } from './people.ts';
import { policyEvent } from './policies.ts';
import { loadCredentials } from './records/credential.ts';
import { loadInstance, type StoredInstance } from './records/instance.ts';
import { reloadPerson, stillHoldsAny } from './records/person.ts';
import { writtenForInstance } from './written-policies.ts';

/** The caller's instance as it is now. */
export async function getInstance(context: Context, caller: Caller): Promise<Decision<StoredInstance>> {
  const entered = await enterAgain(context, caller, 'manageInstance');
  return entered.ok ? accept(entered.value.instance) : entered;
}

/** Changes settings of the instance, all or none. What has begun keeps the windows that it began with. */
export function changeInstance(
  context: Context,
  caller: Caller,
  change: SettingsChange,
): Promise<Decision<StoredInstance>> {
  return attempt(context, async () => {
    const loaded = await loadInstanceAndPeople(context, caller.instance.id);
    const person = await reloadPerson(context.store, caller.person);
    if (loaded === undefined || !mayCall(person, 'manageInstance')) return refuse('access-denied');
    const { instance, people } = loaded;
    const printed = change.trial === false ? await withPrintedKey(context, instance, people) : [];
    const decision = changedSettings(instance, change, printed);
    if (!decision.ok) return decision;
    const next = decision.value;
    if (Object.keys(next).length === 0) return accept(instance);
    const committed = await commitInstanceChange(context, {
      instance,
      now: context.clock.now(),
      next,
      events: [
        {
          action: 'countersign.instance.change',
          actor: person.id,
          outcome: 'success',
          data: oldAndNew(settingsOf(instance), next),
        },
      ],
      writes: stillHoldsAny(person, ['Manager'], {}),
    });
    return committed ? accept({ ...instance, ...next }) : undefined;
  });
}

/** Windows in seconds. */
function oldAndNew(before: InstanceSettings, next: Partial<InstanceSettings>) {
  const names = Object.keys(next) as (keyof InstanceSettings)[];
  return Object.fromEntries(
    names.flatMap((name) => {
      const title = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
      return [
        [`initialValue${title}`, before[name]],
        [`newValue${title}`, next[name]],
      ];
    }),
  );
}

/**
 * The people with an API key that stood in a terminal and can still be used: one that was made with the instance itself.
 * Those that they made since are theirs alone.
 */
async function withPrintedKey(
  { store }: Context,
  { createdAt }: StoredInstance,
  people: readonly Person[],
): Promise<readonly Person[]> {
  const shown = people.filter(({ status, keyShownIn }) => status !== 'removed' && keyShownIn === 'terminal');
  const credentials = await Promise.all(shown.map(({ id }) => loadCredentials(store, id)));
  return shown.filter((_, index) => credentials[index]?.some((one) => one.createdAt === createdAt));
}

/**
 * Takes the policy on addresses off: for whoever owns the store, when nobody can reach the instance any more from where
 * it says. There is no caller.
 */
export function liftAllowedIp(
  context: Pick<Context, 'store' | 'clock'>,
  instanceId: string,
): Promise<Decision<StoredInstance>> {
  return attempt(context, async () => {
    const instance = await loadInstance(context.store, instanceId);
    if (instance === undefined) return refuse('instance-not-found');
    if (instance.allowedIP?.enabled !== true) return accept(instance);
    const now = context.clock.now();
    const author = { by: COUNTERSIGN, now };
    const written = writtenForInstance(instance, { allowedIP: { enabled: false } }, author);
    if (!written.ok) return written;
    const committed = await commitInstanceChange(context, {
      instance,
      now,
      next: written.value,
      events: [
        policyEvent('kms.instance-policies.write', COUNTERSIGN, { before: instance, after: written.value }),
      ],
    });
    return committed ? accept({ ...instance, ...written.value }) : undefined;
  });
}
