import { mayCall } from '../domain/access.ts';
import { COUNTERSIGN } from '../domain/audit.ts';
import { settingsDifferences } from '../domain/change-in-words.ts';
import { boundSettings, type PendingChange } from '../domain/change-request.ts';
import { settingsNeedTwo } from '../domain/guard-rails.ts';
import { changedSettings, type SettingsChange, settingsOf } from '../domain/instance-settings.ts';
import type { Person } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { attempt } from './attempts.ts';
import { type Caller, enterAgain } from './caller.ts';
import { commitInstanceChange } from './change.ts';
import { policiesChangedMails, settingsChangedMails } from './change-mails.ts';
import type { Context } from './context.ts';
import { loadInstanceAndPeople } from './people.ts';
import { policyEvent } from './policies.ts';
import { loadCredentials } from './records/credential.ts';
import { loadInstance, type StoredInstance } from './records/instance.ts';
import { loadPeople, reloadPerson, stillHoldsAny } from './records/person.ts';
import { requestChange } from './request-change.ts';
import { settingsEvent } from './settings-effect.ts';
import { writtenForInstance } from './written-policies.ts';

/** The caller's instance as it is now. */
export async function getInstance(context: Context, caller: Caller): Promise<Decision<StoredInstance>> {
  const entered = await enterAgain(context, caller, 'manageInstance');
  return entered.ok ? accept(entered.value.instance) : entered;
}

/** The instance as it is now; what waits for a second Manager is not done yet. */
export interface ChangedInstance {
  readonly instance: StoredInstance;
  /** Where it weakens a guard rail: nothing is changed before somebody else approves this. */
  readonly waits?: PendingChange;
  /** It would have waited, were this no trial. */
  readonly exempt?: 'trial';
}

/**
 * Changes settings of the instance, all or none: at once, or asks a second Manager where any of them weakens a guard
 * rail. What has begun keeps the windows that it began with.
 * @param reason why, for whoever decides, and for the event.
 */
export function changeInstance(
  context: Context,
  caller: Caller,
  change: SettingsChange,
  reason?: string,
): Promise<Decision<ChangedInstance>> {
  return attempt(context, async () => {
    const loaded = await loadInstanceAndPeople(context, caller.instance.id);
    const person = await reloadPerson(context.store, caller.person);
    if (loaded === undefined || !mayCall(person, 'manageInstance')) return refuse('access-denied');
    const { instance, people } = loaded;
    const printed = change.trial === false ? await withPrintedKey(context, instance, people) : [];
    const decision = changedSettings(instance, change, printed);
    if (!decision.ok) return decision;
    const next = decision.value;
    if (Object.keys(next).length === 0) return accept({ instance });
    const now = context.clock.now();
    const settings = { before: settingsOf(instance), next };
    const needsTwo = settingsNeedTwo(settings.before, next);
    const differences = settingsDifferences(settings.before, next);
    if (needsTwo && !instance.trial) {
      const asked = await requestChange(context, {
        instance,
        people,
        by: person,
        change: { kind: 'settings', settings: next },
        subject: instance.name,
        differences,
        before: boundSettings(settings.before, next),
        reason,
        now,
      });
      return asked?.ok ? accept({ instance, waits: asked.value }) : asked;
    }
    const exempt = needsTwo ? 'trial' : undefined;
    const committed = await commitInstanceChange(context, {
      instance,
      now,
      next,
      events: [settingsEvent(person.id, { instance, next }, { exempt, reason })],
      writes: [
        ...stillHoldsAny(person, ['Manager'], {}),
        ...settingsChangedMails(people, instance, differences, { by: person, now }),
      ],
    });
    if (!committed) return undefined;
    return accept({ instance: { ...instance, ...next }, ...(exempt !== undefined && { exempt }) });
  });
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
      writes: policiesChangedMails(
        await loadPeople(context.store, instanceId),
        { instance, after: written.value },
        { now },
      ),
    });
    return committed ? accept({ ...instance, ...written.value }) : undefined;
  });
}
