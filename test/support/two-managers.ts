import type { SettingsChange } from '../../lib/domain/instance-settings.ts';
import type { Person } from '../../lib/domain/person.ts';
import type { Decision } from '../../lib/domain/refusal.ts';
import { type AddedPerson, addPerson } from '../../lib/operations/add-person.ts';
import { addService } from '../../lib/operations/add-service.ts';
import type { Caller } from '../../lib/operations/caller.ts';
import { changePerson, type PersonChangeRequest } from '../../lib/operations/change-person.ts';
import type { Context } from '../../lib/operations/context.ts';
import { approveChange } from '../../lib/operations/decide-change.ts';
import { changeInstance } from '../../lib/operations/instance.ts';
import { loadPerson } from '../../lib/operations/records/person.ts';

/** Who asks for a change of the guard rails, and who approves it. */
export interface TwoManagers {
  readonly asks: Caller;
  readonly approves: Caller;
}

type Waiting = { readonly waits?: { readonly id: string; readonly digest: string } };

/** The second Manager's yes to what waits for one, if it does. */
async function agree<T extends Waiting>(
  context: Context,
  { approves }: TwoManagers,
  asked: Decision<T>,
): Promise<Decision<T>> {
  if (!asked.ok || asked.value.waits === undefined) return asked;
  const { id, digest } = asked.value.waits;
  const approved = await approveChange(context, approves, { id, digest });
  return approved.ok ? asked : approved;
}

/** Somebody as they are when both have agreed. */
async function afterwards<T extends { readonly person: Person }>(
  context: Context,
  agreed: Decision<T>,
): Promise<Decision<T>> {
  if (!agreed.ok) return agreed;
  const { person } = agreed.value;
  const now = (await loadPerson(context.store, person.instanceId, person.id)) ?? person;
  return { ok: true, value: { ...agreed.value, person: now } };
}

/** Adds somebody with everything that they are to be, a Manager as well. */
export const addByTwo = async (
  context: Context,
  two: TwoManagers,
  request: Parameters<typeof addPerson>[2],
): Promise<Decision<AddedPerson>> =>
  afterwards(context, await agree(context, two, await addPerson(context, two.asks, request)));

export const addServiceByTwo = async (
  context: Context,
  two: TwoManagers,
  request: Parameters<typeof addService>[2],
): Promise<Decision<AddedPerson>> =>
  afterwards(context, await agree(context, two, await addService(context, two.asks, request)));

/** Changes somebody, also where it takes two. */
export async function changeByTwo(
  context: Context,
  two: TwoManagers,
  who: string,
  request: PersonChangeRequest,
): Promise<Decision<Person>> {
  const asked = await agree(context, two, await changePerson(context, two.asks, who, request));
  const changed = await afterwards(context, asked);
  return changed.ok ? { ok: true, value: changed.value.person } : changed;
}

export const changeInstanceByTwo = async (
  context: Context,
  two: TwoManagers,
  change: SettingsChange,
): Promise<Decision<unknown>> => agree(context, two, await changeInstance(context, two.asks, change));
