import type { AuditEvent } from './audit.ts';
import type { PersonThen } from './could-approve.ts';
import { type Grant, grantsOf, isActive, type Person, type Scope, type ScopedGrant } from './person.ts';
import { type GrantName, grantName } from './person-change.ts';
import type { EpochMillis } from './time.ts';

/** What is known of an instance's people: as they are, and what its chain of events says of them. */
export interface PeopleKnown {
  /** Everybody, those removed included. */
  readonly people: readonly Person[];
  /** The instance's own chain, the oldest first. */
  readonly events: readonly AuditEvent[];
  /** When the instance began, with people of whom no event tells that they were added. */
  readonly createdAt: EpochMillis;
}

/**
 * Everybody as they were at that time, after what happened in that very millisecond. Whoever was added later is not
 * there. How old a grant is comes from its event; of one that nobody gave by an event, from its record, or it is as old
 * as the instance.
 */
export function peopleAt({ people, events, createdAt }: PeopleKnown, at: EpochMillis): readonly PersonThen[] {
  const about = eventsByPerson(events);
  const then = people.flatMap((person) => {
    const found = personAt(person, { events: about.get(person.id) ?? [], createdAt, at });
    return found === undefined ? [] : [found];
  });
  const byId = new Map(then.map((person) => [person.id, person]));
  return then.map((person) =>
    person.owner === undefined ? person : seenWith(person, byId.get(person.owner)),
  );
}

/** As a service is seen when it is read: stopped and gone with its owner, and as new as their address. */
function seenWith(service: PersonThen, owner: PersonThen | undefined): PersonThen {
  const { addressSince, identitySince, requestsFrozenAt, requestsLiftedAt } = owner ?? {};
  return {
    ...service,
    ...(addressSince !== undefined && { addressSince }),
    ...(identitySince !== undefined && { identitySince }),
    ...(requestsFrozenAt !== undefined && { requestsFrozenAt }),
    ...(requestsLiftedAt !== undefined && { requestsLiftedAt }),
    ...(owner === undefined || !isActive(owner) ? { ownerGone: true as const } : {}),
  };
}

function eventsByPerson(events: readonly AuditEvent[]): ReadonlyMap<string, readonly AuditEvent[]> {
  const found = new Map<string, AuditEvent[]>();
  for (const event of events) {
    const person = event.data?.person;
    const isAbout = event.action.startsWith('countersign.people.') && event.outcome === 'success';
    if (typeof person !== 'string' || !isAbout) continue;
    found.set(person, [...(found.get(person) ?? []), event]);
  }
  return found;
}

interface Known {
  readonly events: readonly AuditEvent[];
  readonly createdAt: EpochMillis;
  readonly at: EpochMillis;
}

function personAt(person: Person, { events, createdAt, at }: Known): PersonThen | undefined {
  const added = events.find(isAddition);
  if ((added?.at ?? createdAt) > at) return undefined;
  const before = events.filter((event) => event.at <= at);
  const after = events.filter((event) => event.at > at);
  const status = statusAfter(before);
  const held = status === 'removed' ? [] : heldAt(person, { added, before, after });
  const dated = held?.map((name) => dateOf(name, person, { before, createdAt, at })) ?? [];
  const { addressSince: _, identitySince: _i, signsInAs: _s, ...others } = person;
  const { requestsFrozenAt: __, requestsLiftedAt: ___, ownerGone: ____, ...rest } = others;
  const moved = before.findLast(({ data }) => data?.addressChanged === true);
  const bound = before.findLast(({ action }) => action === 'countersign.people.bind-identity');
  return {
    ...rest,
    status,
    roles: Object.fromEntries(
      dated.filter(({ on }) => on === undefined).map((one) => [one.role, one.grantedAt]),
    ),
    grants: dated.filter((grant): grant is ScopedGrant => grant.on !== undefined),
    ...(moved !== undefined && { addressSince: moved.at }),
    ...(bound !== undefined && { identitySince: bound.at }),
    ...stoppedAt(before),
    ...(held === undefined && { rolesUnknown: true }),
  };
}

const isAddition = ({ action }: Pick<AuditEvent, 'action'>): boolean =>
  action.startsWith('countersign.people.add');

function statusAfter(events: readonly AuditEvent[]): Person['status'] {
  let status: Person['status'] = 'active';
  for (const { action, data } of events) {
    if (action === 'countersign.people.remove') status = 'removed';
    if (action !== 'countersign.people.change') continue;
    if (data?.status === 'frozen' || data?.status === 'active') status = data.status;
  }
  return status;
}

function stoppedAt(events: readonly AuditEvent[]): Pick<Person, 'requestsFrozenAt' | 'requestsLiftedAt'> {
  let stopped: Pick<Person, 'requestsFrozenAt' | 'requestsLiftedAt'> = {};
  for (const { action, at } of events) {
    if (action === 'countersign.people.freeze-requests') stopped = { requestsFrozenAt: at };
    if (action === 'countersign.people.unfreeze-requests') stopped = { ...stopped, requestsLiftedAt: at };
  }
  return stopped;
}

interface Told {
  readonly added: AuditEvent | undefined;
  readonly before: readonly AuditEvent[];
  readonly after: readonly AuditEvent[];
}

/** The names of the grants: forward from the event that added somebody or, of the first people, back from now. */
function heldAt(person: Person, { added, before, after }: Told): readonly string[] | undefined {
  if (added !== undefined && typeof added.data?.roles === 'string') {
    return before.filter((event) => event !== added).reduce(changed, words(added.data.roles));
  }
  let held: readonly string[] = grantsOf(person).map(grantName);
  for (const event of after.toReversed()) {
    // Which roles a removal took was not always told.
    if (event.action === 'countersign.people.remove' && typeof event.data?.revoked !== 'string')
      return undefined;
    held = undone(held, event);
  }
  return held;
}

const changed = (held: readonly string[], { data }: AuditEvent): readonly string[] => [
  ...new Set([...held.filter((name) => !words(data?.revoked).includes(name)), ...words(data?.granted)]),
];

const undone = (held: readonly string[], { data }: AuditEvent): readonly string[] => [
  ...new Set([...held.filter((name) => !words(data?.granted).includes(name)), ...words(data?.revoked)]),
];

const words = (text: unknown): readonly string[] =>
  typeof text === 'string' ? text.split(' ').filter((word) => word !== '') : [];

function dateOf(
  name: string,
  person: Person,
  { before, createdAt, at }: Pick<Known, 'createdAt' | 'at'> & Pick<Told, 'before'>,
): Grant {
  const given = before.findLast(({ action, data }) =>
    words(isAddition({ action }) ? data?.roles : data?.granted).includes(name),
  );
  // What somebody has now under this name may be another grant, given later.
  const recorded = grantsOf(person).find((grant) => grantName(grant) === name && grant.grantedAt <= at);
  return { ...grantNamed(name), grantedAt: given?.at ?? recorded?.grantedAt ?? createdAt };
}

/** What `grantName` has written. */
function grantNamed(name: string): GrantName {
  const at = name.indexOf('@');
  const role = (at < 0 ? name : name.slice(0, at)) as Grant['role'];
  if (at < 0) return { role };
  const [kind, ...id] = name.slice(at + 1).split(':');
  const on: Scope = kind === 'key' ? { key: id.join(':') } : { keyRing: id.join(':') };
  return { role, on };
}
