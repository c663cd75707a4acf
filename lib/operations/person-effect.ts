import type { EventDraft } from '../domain/audit.ts';
import { isManagerOfAnything, whyNotMembers, withPerson } from '../domain/membership.ts';
import type { Person, PersonId } from '../domain/person.ts';
import { type GrantName, grantName, newGrants } from '../domain/person-change.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Write } from '../ports/store.ts';
import { sameAddress } from './people.ts';
import { personChangeWrites, rolesGivenWrites, type PersonChange as Told } from './people-mails.ts';
import type { StoredInstance } from './records/instance.ts';
import { addressWrites, personItem } from './records/person.ts';

export interface PersonEffect {
  readonly event: EventDraft;
  readonly writes: readonly Write[];
}

/** Why somebody cannot become like this among the others. */
export function whyNotPerson(
  instance: StoredInstance,
  people: readonly Person[],
  after: Person,
): Decision<undefined> {
  if (people.some((one) => one.status !== 'removed' && one.id !== after.id && sameAddress(one, after))) {
    return refuse('person-exists');
  }
  const why = whyNotMembers(people, withPerson(people, after), instance);
  return why === undefined ? accept(undefined) : refuse(why);
}

/**
 * What changing somebody is: the write of them, their address, the event, and the mails that tell of it.
 * @param data what more the event says.
 */
export function personEffect(
  people: readonly Person[],
  { before, after, by }: { readonly before: Person; readonly after: Person; readonly by: Person },
  { now, data = {} }: { readonly now: EpochMillis; readonly data?: EventDraft['data'] },
): PersonEffect {
  return {
    event: personEvent(by.id, { before, after }, data),
    writes: [
      { put: personItem(after), when: [{ attribute: 'status', is: 'equal', value: before.status }] },
      ...addressWrites(before, after),
      ...rolesGivenWrites(people, { before, after }, { by, now }),
      ...toldOf(before, after).flatMap((change) => personChangeWrites(people, change, { by, now })),
    ],
  };
}

/** What else the people of the instance must hear of. */
function toldOf(before: Person, after: Person): readonly Told[] {
  const was = isManagerOfAnything(before);
  const is = isManagerOfAnything(after);
  const frozen = before.status === 'active' && after.status === 'frozen';
  return [
    ...(frozen ? [{ what: 'ended', person: before, ended: 'frozen' } as const] : []),
    ...(was && !is && !frozen ? [{ what: 'ended', person: before, ended: 'role' } as const] : []),
    ...(before.email === after.email
      ? []
      : [{ what: 'address-changed', person: after, formerEmail: before.email } as const]),
  ];
}

/** The event of a change of somebody: which roles they got and lost, and what else. */
export function personEvent(
  actor: PersonId,
  { before, after }: { readonly before: Person; readonly after: Person },
  data: EventDraft['data'],
): EventDraft {
  const names = (grants: readonly GrantName[]) => grants.map(grantName).join(' ') || undefined;
  return {
    action: 'countersign.people.change',
    actor,
    outcome: 'success',
    data: {
      person: after.id,
      granted: names(newGrants(before, after)),
      revoked: names(newGrants(after, before)),
      status: before.status === after.status ? undefined : after.status,
      addressChanged: before.email === after.email ? undefined : true,
      ...data,
    },
  };
}
