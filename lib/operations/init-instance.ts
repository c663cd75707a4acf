import { randomUUID } from 'node:crypto';
import { COUNTERSIGN, chainEvents, NO_EVENTS } from '../domain/audit.ts';
import type { Instance } from '../domain/instance.ts';
import { whyNotWindows } from '../domain/instance-settings.ts';
import { holds, MOST_MANAGERS, normalizedEmail } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { Store, Write } from '../ports/store.ts';
import { sha256 } from './caller.ts';
import type { Context } from './context.ts';
import { newPolicy } from './create-key.ts';
import { type NewPerson, newPersonWithKey, type PersonWithKey } from './new-person.ts';
import { emptyCheckpointList } from './records/checkpoint.ts';
import { eventItem } from './records/event.ts';
import { instanceItem, instancePartition, type StoredInstance } from './records/instance.ts';

export interface NewInstance {
  readonly name: string;
  readonly people: readonly NewPerson[];
  /** Whether keys that are created need two people for their deletion. */
  readonly dualAuthorization: boolean;
  /** In seconds. */
  readonly authorizationWindow: number;
  readonly reauthorizationWindow: number;
  /** How long a destroyed key can be restored, in seconds; zero: its material is shredded in the deletion. */
  readonly restoreWindow: number;
  /** How long a new Manager waits before they may approve, in seconds; none where it is left out. */
  readonly managerWait?: number;
  /** The first start's instance, for trying out. */
  readonly trial: boolean;
}

/** Four items a person and four more must fit into one transaction of 100. */
const MOST_FIRST_PEOPLE = 24;

/**
 * Makes an instance with its first people in one transaction. There is no caller: whoever may run this owns the
 * store. An instance whose policy could not be met is refused.
 */
export async function initInstance(
  context: Pick<Context, 'store' | 'clock'>,
  request: NewInstance,
): Promise<Decision<{ readonly instance: Instance; readonly people: readonly PersonWithKey[] }>> {
  const now = context.clock.now();
  const id = randomUUID();
  const made = request.people.map((person) => newPersonWithKey(id, person, { now, shownIn: 'terminal' }));
  const people: PersonWithKey[] = [];
  const writes: Write[] = [];
  for (const one of made) {
    if (!one.ok) return one;
    people.push(one.value);
    writes.push(...one.value.writes);
  }
  const refused = whyNot(request, people);
  if (refused !== undefined) return refused;
  const { instance, first } = withFirstEvent(id, request, now);
  const result = await context.store.commit([
    { put: instanceItem(instance), when: [{ item: 'absent' }] },
    { put: emptyCheckpointList(instance.id, now), when: [{ item: 'absent' }] },
    ...first,
    ...writes,
  ]);
  if (!result.committed) return refuse('person-exists');
  return accept({ instance, people: people.map(({ person, apiKey }) => ({ person, apiKey })) });
}

function whyNot(request: NewInstance, people: readonly PersonWithKey[]) {
  const addresses = new Set(people.map(({ person }) => normalizedEmail(person.email)));
  if (addresses.size < people.length) return refuse('person-exists');
  if (people.length > MOST_FIRST_PEOPLE) {
    return refuse('too-many-people', `an instance begins with at most ${MOST_FIRST_PEOPLE} people`);
  }
  const unusable = whyNotWindows(request);
  if (unusable !== undefined) return { ok: false, refusal: unusable } as const;
  const managers = people.filter(({ person }) => holds(person, ['Manager'])).length;
  if (managers > MOST_MANAGERS) return refuse('too-many-managers');
  if (request.dualAuthorization && managers < 2) return refuse('approver-missing');
  return managers === 0 ? refuse('last-managers') : undefined;
}

function withFirstEvent(id: string, request: NewInstance, now: number) {
  const { name, dualAuthorization, authorizationWindow, reauthorizationWindow, restoreWindow } = request;
  const { trial, managerWait } = request;
  const event = {
    action: 'countersign.instance.create',
    actor: COUNTERSIGN,
    outcome: 'success',
    data: { dualAuthorization, authorizationWindow, reauthorizationWindow, restoreWindow, managerWait },
  } as const;
  const { events, head } = chainEvents(NO_EVENTS, [event], { at: now, digest: sha256 });
  const policy = newPolicy(dualAuthorization, { id: COUNTERSIGN }, now);
  const instance: StoredInstance = {
    id,
    name,
    createdAt: now,
    authorizationWindow,
    reauthorizationWindow,
    restoreWindow,
    ...(managerWait !== undefined && { managerWait }),
    trial,
    ...(dualAuthorization && { dualAuthDelete: policy }),
    ...head,
  };
  const first = events.map((one): Write => ({ put: eventItem(instancePartition(id), one), when: [] }));
  return { instance, first };
}

/** Every instance of the store, by id. */
export async function listInstances({ store }: { readonly store: Store }): Promise<readonly Instance[]> {
  const { items } = await store.query({ table: 'main', index: 'list', partition: 'instances', limit: 1000 });
  return items.map((item) => item.attributes as unknown as StoredInstance);
}
