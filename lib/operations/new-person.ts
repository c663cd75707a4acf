import { randomUUID } from 'node:crypto';
import { readEmail } from '../domain/address.ts';
import { type Person, type PersonId, personId, plainEmail, type Role } from '../domain/person.ts';
import { changePerson, type GrantName } from '../domain/person-change.ts';
import { accept, type Decision } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Write } from '../ports/store.ts';
import { newApiKey } from './new-api-key.ts';
import { credentialWrites } from './records/credential.ts';
import { addressWrites, personItem } from './records/person.ts';

/** Who says who the people of this store's own making are: the issuer of their ids and of their tokens. */
export const LOCAL_ISSUER = 'countersign';

export interface NewPerson {
  readonly email: string;
  /** On the whole instance. */
  readonly roles: readonly Role[];
  /** On parts of it. */
  readonly grants?: readonly GrantName[] | undefined;
}

export interface PersonWithKey {
  readonly person: Person;
  /** Shown this once; kept as its hash alone. */
  readonly apiKey: string;
}

/** Somebody who is not in the store yet. */
export function newPerson(
  instanceId: string,
  { email, roles, grants = [] }: NewPerson,
  now: EpochMillis,
): Decision<Person> {
  const read = readEmail(email);
  if (!read.ok) return read;
  const nobody: Person = {
    id: newPersonId(),
    instanceId,
    kind: 'user',
    email: plainEmail(email),
    status: 'active',
    roles: {},
  };
  return changePerson(nobody, { grant: [...roles.map((role) => ({ role })), ...grants] }, now);
}

export const newPersonId = (): PersonId => personId(LOCAL_ISSUER, `CountersignId-${randomUUID()}`);

const ABSENT = [{ item: 'absent' }] as const;

/** The writes that make somebody one of the instance's. */
export const entryOf = (person: Person): readonly Write[] => [
  { put: personItem(person), when: ABSENT },
  ...addressWrites(undefined, person),
];

/** A person with an API key of their own, and the writes that make them one of the instance's. */
export function newPersonWithKey(
  instanceId: string,
  request: NewPerson,
  { now, shownIn }: { readonly now: EpochMillis; readonly shownIn: NonNullable<Person['keyShownIn']> },
): Decision<PersonWithKey & { readonly writes: readonly Write[] }> {
  const made = newPerson(instanceId, request, now);
  return made.ok ? accept(withKey(made.value, { now, shownIn })) : made;
}

/** Somebody new, with an API key of their own, and the writes that make them one of the instance's. */
export function withKey(
  made: Person,
  { now, shownIn }: { readonly now: EpochMillis; readonly shownIn: NonNullable<Person['keyShownIn']> },
): PersonWithKey & { readonly writes: readonly Write[] } {
  const { apiKey, credential } = newApiKey(made, now);
  const person = { ...made, keyShownIn: shownIn };
  const writes = [...entryOf(person), ...credentialWrites(credential)];
  return { person, apiKey, writes };
}
