import type { EventDraft } from '../domain/audit.ts';
import { isManagerOfAnything, whyNotMembers, withPerson } from '../domain/membership.ts';
import { type Grant, grantsOf, type Person } from '../domain/person.ts';
import { changePerson as changed, type GrantName, grantName } from '../domain/person-change.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import { commitInstanceChange } from './change.ts';
import type { Context } from './context.ts';
import { type GrantRequest, grantsAskedFor, grantsMeant } from './grants.ts';
import { isNamed, loadInstanceAndPeople, mayManage, sameAddress } from './people.ts';
import { personChangeWrites, type PersonChange as Told } from './people-mails.ts';
import { addressWrites, personItem } from './records/person.ts';

export interface PersonChangeRequest {
  readonly grant?: readonly GrantRequest[] | undefined;
  readonly revoke?: readonly GrantRequest[] | undefined;
  readonly status?: 'active' | 'frozen' | undefined;
  readonly email?: string | undefined;
}

/**
 * Changes somebody's roles, freezes them or lets them act again, and changes their address: one write, on which every
 * decision is conditional, with its event and the mails that tell of it.
 */
export function changePerson(
  context: Context,
  caller: Caller,
  emailOrId: string,
  request: PersonChangeRequest,
): Promise<Decision<Person>> {
  return attempt(context, async () => {
    const loaded = await loadInstanceAndPeople(context, caller.instance.id);
    if (loaded === undefined || !mayManage(loaded.people, caller.person)) return refuse('access-denied');
    const { instance, people } = loaded;
    const before = people.find((one) => one.status !== 'removed' && isNamed(one, emailOrId));
    if (before === undefined) return refuse('person-not-found');
    const grant = await grantsAskedFor(context.store, instance.id, request.grant);
    if (!grant.ok) return grant;
    const revoke = await grantsMeant(context.store, instance.id, request.revoke);
    const now = context.clock.now();
    const decision = changed(before, { ...request, grant: grant.value, revoke }, now);
    if (!decision.ok || decision.value === before) return decision;
    const after = decision.value;
    if (people.some((one) => one.status !== 'removed' && one.id !== after.id && sameAddress(one, after))) {
      return refuse('person-exists');
    }
    const everybody = withPerson(people, after);
    const why = whyNotMembers(people, everybody, instance);
    if (why !== undefined) return refuse(why);
    const by = { by: caller.person, now };
    const committed = await commitInstanceChange(context, {
      instance,
      now,
      events: [eventOf(caller.person, before, after)],
      writes: [
        { put: personItem(after), when: [{ attribute: 'status', is: 'equal', value: before.status }] },
        ...addressWrites(before, after),
        ...toldOf(before, after).flatMap((change) => personChangeWrites(people, change, by)),
      ],
    });
    return committed ? accept(after) : undefined;
  });
}

/** What the people of the instance must hear of. */
function toldOf(before: Person, after: Person): readonly Told[] {
  const was = isManagerOfAnything(before);
  const is = isManagerOfAnything(after);
  const frozen = before.status === 'active' && after.status === 'frozen';
  return [
    ...(is && (!was || hasNewManagerRole(before, after))
      ? [{ what: 'became-manager', person: after } as const]
      : []),
    ...(frozen ? [{ what: 'ended', person: before, ended: 'frozen' } as const] : []),
    ...(was && !is && !frozen ? [{ what: 'ended', person: before, ended: 'role' } as const] : []),
    ...(before.email === after.email
      ? []
      : [{ what: 'address-changed', person: after, formerEmail: before.email } as const]),
  ];
}

const hasNewManagerRole = (before: Person, after: Person): boolean =>
  newGrants(before, after).some(({ role }) => role === 'Manager');

const newGrants = (before: Person, after: Person): readonly GrantName[] => {
  const old = new Set(grantsOf(before).map(dated));
  return grantsOf(after).filter((grant) => !old.has(dated(grant)));
};

const dated = (grant: Grant): string => `${grantName(grant)} ${grant.grantedAt}`;

function eventOf(by: Person, before: Person, after: Person): EventDraft {
  const names = (grants: readonly GrantName[]) => grants.map(grantName).join(' ') || undefined;
  return {
    action: 'countersign.people.change',
    actor: by.id,
    outcome: 'success',
    data: {
      person: after.id,
      granted: names(newGrants(before, after)),
      revoked: names(newGrants(after, before)),
      status: before.status === after.status ? undefined : after.status,
      addressChanged: before.email === after.email ? undefined : true,
    },
  };
}
