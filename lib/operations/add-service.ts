import { whyNotMembers, withPerson } from '../domain/membership.ts';
import { grantsOf, type Person, type Role } from '../domain/person.ts';
import { changePerson, grantName } from '../domain/person-change.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import { commitInstanceChange } from './change.ts';
import type { Context } from './context.ts';
import { type GrantRequest, grantsAskedFor } from './grants.ts';
import { newApiKey } from './new-api-key.ts';
import {
  type AddedPerson,
  entryOf,
  isNamed,
  loadInstanceAndPeople,
  mayManage,
  newPersonId,
} from './people.ts';
import { credentialWrites } from './records/credential.ts';

export interface NewService {
  readonly name: string;
  /** The user whom it belongs to, by address or id. */
  readonly owner: string;
  readonly roles: readonly Role[];
  readonly grants?: readonly GrantRequest[] | undefined;
}

/**
 * Adds a service identity. To every decision it is its owner, so nobody else may ever hold its API key: only an owner
 * who adds a service of their own is answered one; any other makes it themselves.
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
    const made = await newService(context, { instanceId: instance.id, owner }, request);
    if (!made.ok) return made;
    const service = made.value;
    const why = whyNotMembers(people, withPerson(people, service), instance);
    if (why !== undefined) return refuse(why);
    const key = owner.id === by.id ? newApiKey(service, now) : undefined;
    const data = {
      person: service.id,
      name: request.name,
      owner: owner.id,
      roles: grantsOf(service).map(grantName).join(' '),
    };
    const committed = await commitInstanceChange(context, {
      instance,
      now,
      events: [{ action: 'countersign.people.add', actor: by.id, outcome: 'success', data }],
      writes: [...entryOf(service), ...(key === undefined ? [] : credentialWrites(key.credential))],
    });
    if (!committed) return undefined;
    return accept(key === undefined ? { person: service } : { person: service, apiKey: key.apiKey });
  });
}

async function newService(
  { store, clock }: Context,
  { instanceId, owner }: { readonly instanceId: string; readonly owner: Person },
  { name, roles, grants }: NewService,
): Promise<Decision<Person>> {
  const named = await grantsAskedFor(store, instanceId, grants);
  if (!named.ok) return named;
  const service: Person = {
    id: newPersonId(),
    instanceId,
    kind: 'service',
    email: '',
    name,
    owner: owner.id,
    status: 'active',
    roles: {},
  };
  return changePerson(service, { grant: [...roles.map((role) => ({ role })), ...named.value] }, clock.now());
}
