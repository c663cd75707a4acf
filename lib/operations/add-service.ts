import { whyNotMembers, withPerson } from '../domain/membership.ts';
import type { Person, Role } from '../domain/person.ts';
import { changePerson } from '../domain/person-change.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { type AddedPerson, addedEvent, askForGuardedRoles, splitForTwo } from './add-person.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import { commitInstanceChange } from './change.ts';
import type { Context } from './context.ts';
import { type GrantRequest, grantsAskedFor } from './grants.ts';
import { newApiKey } from './new-api-key.ts';
import { entryOf, newPersonId } from './new-person.ts';
import { isNamed, loadInstanceAndPeople, mayManage } from './people.ts';
import { rolesGivenWrites } from './people-mails.ts';
import { credentialWrites } from './records/credential.ts';
import { seenWith } from './records/person.ts';

export interface NewService {
  readonly name: string;
  /** The user whom it belongs to, by address or id. */
  readonly owner: string;
  readonly roles: readonly Role[];
  readonly grants?: readonly GrantRequest[] | undefined;
  /** Why, for whoever decides about it, and for the event. */
  readonly reason?: string | undefined;
}

/**
 * Adds a service identity; what it is to be Manager or KeyPurge of waits for a second Manager. To every decision it is
 * its owner, so nobody else may ever hold its API key: only an owner who adds a service of their own is answered one; any
 * other makes it themselves.
 */
export function addService(
  context: Context,
  caller: Caller,
  request: NewService,
): Promise<Decision<AddedPerson>> {
  return attempt(context, async () => {
    const { person: by } = caller;
    const loaded = await loadInstanceAndPeople(context, caller.instance.id);
    if (loaded === undefined || !mayManage(loaded.people, by)) return refuse('access-denied');
    const { instance, people } = loaded;
    const present = people.filter(({ status }) => status !== 'removed');
    const owner = present.find((one) => one.kind === 'user' && isNamed(one, request.owner));
    if (owner === undefined) return refuse('person-not-found', 'There is no such person to own the service');
    if (present.some((one) => one.kind === 'service' && one.name === request.name)) {
      return refuse('person-exists', 'There is a service of this name already');
    }
    const now = context.clock.now();
    const named = await grantsAskedFor(context.store, instance.id, request.grants);
    if (!named.ok) return named;
    const grants = [...request.roles.map((role) => ({ role })), ...named.value];
    const wanted = changePerson(newService(instance.id, owner, request.name), { grant: grants }, now);
    if (!wanted.ok) return wanted;
    const why = whyNotMembers(people, withPerson(people, wanted.value), instance);
    if (why !== undefined) return refuse(why);
    const adding = splitForTwo(instance, wanted.value, grants, now);
    if (!adding.ok) return adding;
    const { atOnce: service, waiting, exempt } = adding.value;
    const key = owner.id === by.id ? newApiKey(service, now) : undefined;
    const { name, reason } = request;
    const event = addedEvent(by, service, { name, owner: owner.id, exempt, reason });
    const writes = [
      ...entryOf(service),
      ...(key === undefined ? [] : credentialWrites(key.credential)),
      ...rolesGivenWrites(people, { after: service }, { by, now }),
    ];
    const added = {
      person: service,
      ...(key !== undefined && { apiKey: key.apiKey }),
      ...(exempt !== undefined && { exempt }),
    };
    if (waiting.length > 0) {
      const asked = { instance, people, by, now, reason, atOnce: { event, writes } };
      return askForGuardedRoles(context, asked, { added, after: wanted.value, waiting });
    }
    const committed = await commitInstanceChange(context, { instance, now, events: [event], writes });
    return committed ? accept(added) : undefined;
  });
}

/** As it is read from then on: a request that is bound to it would else have drifted where its owner's address was changed. */
const newService = (instanceId: string, owner: Person, name: string): Person =>
  seenWith(
    {
      id: newPersonId(),
      instanceId,
      kind: 'service',
      email: '',
      name,
      owner: owner.id,
      status: 'active',
      roles: {},
    },
    owner,
  );
