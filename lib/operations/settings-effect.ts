import type { EventDraft } from '../domain/audit.ts';
import { type InstanceSettings, settingsOf } from '../domain/instance-settings.ts';
import type { PersonId } from '../domain/person.ts';
import type { StoredInstance } from './records/instance.ts';

/** The event of changed settings: the old and the new. Windows in seconds. */
export const settingsEvent = (
  actor: PersonId,
  { instance, next }: { readonly instance: StoredInstance; readonly next: Partial<InstanceSettings> },
  data: EventDraft['data'] = {},
): EventDraft => ({
  action: 'countersign.instance.change',
  actor,
  outcome: 'success',
  data: { ...oldAndNew(settingsOf(instance), next), ...data },
});

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
