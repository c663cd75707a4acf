import { randomUUID } from 'node:crypto';
import { displayNameOf, holdsAnywhere, type Person } from '../domain/person.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { PeopleFacts, PeopleTemplate } from '../mails/people-templates.ts';
import type { Write } from '../ports/store.ts';
import { mailItem, type PeopleMail } from './records/mail.ts';

/** What happened to somebody that others must hear of. */
export type PersonChange =
  | { readonly what: 'became-manager'; readonly person: Person }
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
  const facts: PeopleFacts = {
    person: displayNameOf(person),
    ...(by.id !== person.id && { by: displayNameOf(by) }),
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

function templateOf(change: PersonChange): PeopleTemplate {
  if (change.what !== 'ended') return change.what;
  return isManager(change.person) ? 'manager-ended' : 'person-ended';
}

type Recipient = Pick<Person, 'id' | 'email'>;

/** Each address once; a service has none. */
function recipientsOf(people: readonly Person[], change: PersonChange): readonly Recipient[] {
  const { person } = change;
  const managers = people.filter((one) => isManager(one) && one.id !== person.id);
  const told = templateOf(change) === 'person-ended' ? [] : managers;
  const former = change.what === 'address-changed' ? [{ id: person.id, email: change.formerEmail }] : [];
  const all: readonly Recipient[] = [...told, person, ...former];
  return [...new Map(all.map((one) => [one.email, one])).values()].filter(({ email }) => email !== '');
}

const isManager = (person: Person): boolean => person.kind === 'user' && holdsAnywhere(person, ['Manager']);

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
