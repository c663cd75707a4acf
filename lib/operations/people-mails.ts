import { randomUUID } from 'node:crypto';
import { guardedRolesGiven } from '../domain/guard-rails.ts';
import { isManagerOfAnything } from '../domain/membership.ts';
import { displayNameOf, type Person } from '../domain/person.ts';
import type { GrantName } from '../domain/person-change.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { PeopleFacts, PeopleTemplate } from '../mails/people-templates.ts';
import type { Write } from '../ports/store.ts';
import { mailItem, type PeopleMail } from './records/mail.ts';

/** What happened to somebody that others must hear of. */
export type PersonChange =
  /** With Manager or KeyPurge, whichever they were given, or both. */
  | { readonly what: 'role-given'; readonly person: Person; readonly roles: readonly GrantName[] }
  /** With the person as they are now. */
  | { readonly what: 'address-changed'; readonly person: Person; readonly formerEmail: string }
  /** With the person as they were before. */
  | { readonly what: 'ended'; readonly person: Person; readonly ended: NonNullable<PeopleFacts['ended']> }
  | { readonly what: 'api-key-claimed'; readonly person: Person }
  | {
      readonly what: 'identity-bound' | 'identity-ended';
      readonly person: Person;
      readonly issuer: string;
    };

/**
 * The mails that tell the instance's Managers, and the person, of a change of its people; for the transaction that
 * makes the change. At most one for each of 20 Managers and two more, all addressed as of before the change.
 * @param people everybody, as they were read.
 * @param by who does it.
 */
export function personChangeWrites(
  people: readonly Person[],
  change: PersonChange,
  { by, now }: { readonly by: Person; readonly now: EpochMillis },
): readonly Write[] {
  const { person } = change;
  const owner = people.find(({ id }) => id === person.owner);
  const facts: PeopleFacts = {
    person: displayNameOf(person),
    ...(by.id !== person.id && { by: displayNameOf(by) }),
    ...(owner !== undefined && { owner: displayNameOf(owner) }),
    ...(change.what === 'role-given' && { roles: change.roles }),
    ...(change.what === 'address-changed' && { formerEmail: change.formerEmail }),
    ...(change.what === 'ended' && { ended: change.ended }),
    ...('issuer' in change && { issuer: change.issuer }),
    at: now,
  };
  const template = templateOf(change);
  return recipientsOf(people, change).map(({ id, email }) =>
    peopleMail({ instanceId: person.instanceId, personId: id, to: email, template, facts }, now),
  );
}

/** The mails that tell of Manager and KeyPurge, where a change gives somebody either of them; one mail for both. */
export function rolesGivenWrites(
  people: readonly Person[],
  { before, after }: { readonly before?: Person; readonly after: Person },
  doing: { readonly by: Person; readonly now: EpochMillis },
): readonly Write[] {
  const roles = guardedRolesGiven(before, after);
  if (roles.length === 0) return [];
  return personChangeWrites(people, { what: 'role-given', person: after, roles }, doing);
}

function templateOf(change: PersonChange): PeopleTemplate {
  switch (change.what) {
    case 'role-given':
      return change.roles.some(({ role }) => role === 'Manager') ? 'became-manager' : 'may-purge';
    case 'ended':
      return isManagerOfAnything(change.person) ? 'manager-ended' : 'person-ended';
    default:
      return change.what;
  }
}

type Recipient = Pick<Person, 'id' | 'email'>;

/** Each address once; a service has none. */
function recipientsOf(people: readonly Person[], change: PersonChange): readonly Recipient[] {
  const { person } = change;
  const managers = people.filter((one) => isManagerOfAnything(one) && one.id !== person.id);
  const told = templateOf(change) === 'person-ended' ? [] : managers;
  const former = change.what === 'address-changed' ? [{ id: person.id, email: change.formerEmail }] : [];
  const all: readonly Recipient[] = [...told, person, ...former];
  return [...new Map(all.map((one) => [one.email, one])).values()].filter(({ email }) => email !== '');
}

type Draft = Pick<PeopleMail, 'instanceId' | 'personId' | 'to' | 'template' | 'facts'>;

/** An outbox row that is due at once: no step sends it, the next sweep does. */
export function peopleMail(
  draft: Draft & Partial<Pick<PeopleMail, 'id' | 'sealedToken'>>,
  now: EpochMillis,
): Write {
  const row: PeopleMail = {
    id: randomUUID(),
    ...draft,
    createdAt: now,
    status: 'due',
    attempts: 0,
    notBefore: now,
  };
  return { put: mailItem(row), when: [{ item: 'absent' }] };
}
