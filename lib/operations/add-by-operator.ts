import { COUNTERSIGN } from '../domain/audit.ts';
import { whyNotMembers, withPerson } from '../domain/membership.ts';
import type { Person, Role } from '../domain/person.ts';
import { changePerson } from '../domain/person-change.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import { type AddedPerson, addedEvent } from './add-person.ts';
import { attempt } from './attempts.ts';
import { commitInstanceChange } from './change.ts';
import type { Context } from './context.ts';
import { newPersonWithKey } from './new-person.ts';
import { isNamed, loadInstanceAndPeople } from './people.ts';
import { rolesGivenWrites } from './people-mails.ts';
import { personEffect } from './person-effect.ts';
import type { StoredInstance } from './records/instance.ts';

/** How mails and events name whoever owns the store: nobody in the instance. */
const OPERATOR: Person = {
  id: COUNTERSIGN,
  instanceId: '',
  kind: 'service',
  email: '',
  name: 'the operator of this installation',
  status: 'active',
  roles: {},
};

export interface OperatorsPerson {
  readonly instanceId: string;
  readonly email: string;
  /** On the whole instance. */
  readonly roles: readonly Role[];
}

/**
 * Adds somebody, or grants roles to who is there, without a second Manager: for whoever owns the store, when the
 * instance has one Manager alone, or when the others are gone. There is no caller. It is an event of its own mark, every
 * Manager is mailed, and a new Manager waits as any other before they approve.
 */
export function addByOperator(
  context: Pick<Context, 'store' | 'clock'>,
  { instanceId, email, roles }: OperatorsPerson,
): Promise<Decision<AddedPerson>> {
  return attempt(context, async () => {
    const loaded = await loadInstanceAndPeople(context, instanceId);
    if (loaded === undefined) return refuse('instance-not-found');
    const { instance, people } = loaded;
    const now = context.clock.now();
    const known = people.find(
      (one) => one.status !== 'removed' && one.kind === 'user' && isNamed(one, email),
    );
    const change =
      known === undefined
        ? newcomer(instance, people, { email, roles, now })
        : promoted(instance, people, { known, roles, now });
    if (!change.ok) return change;
    const { added, event, writes } = change.value;
    if (event === undefined) return accept(added);
    const committed = await commitInstanceChange(context, { instance, now, events: [event], writes });
    return committed ? accept(added) : undefined;
  });
}

const BY_OPERATOR = { byOperator: true } as const;

interface Newcomer extends Pick<OperatorsPerson, 'email' | 'roles'> {
  readonly now: EpochMillis;
}

function newcomer(instance: StoredInstance, people: readonly Person[], { email, roles, now }: Newcomer) {
  const made = newPersonWithKey(instance.id, { email, roles }, { now, shownIn: 'terminal' });
  if (!made.ok) return made;
  const { person, apiKey, writes } = made.value;
  const why = whyNotMembers(people, withPerson(people, person), instance);
  if (why !== undefined) return refuse(why);
  const told = rolesGivenWrites(people, { after: person }, { by: OPERATOR, now });
  const event = addedEvent(OPERATOR, person, BY_OPERATOR);
  return accept({ added: { person, apiKey }, event, writes: [...writes, ...told] });
}

interface Promoted extends Pick<OperatorsPerson, 'roles'> {
  readonly known: Person;
  readonly now: EpochMillis;
}

function promoted(instance: StoredInstance, people: readonly Person[], { known, roles, now }: Promoted) {
  if (known.status !== 'active') return refuse('person-exists', FROZEN);
  const decision = changePerson(known, { grant: roles.map((role) => ({ role })) }, now);
  if (!decision.ok) return decision;
  const after = decision.value;
  if (after === known) return accept({ added: { person: known }, event: undefined, writes: [] });
  const why = whyNotMembers(people, withPerson(people, after), instance);
  if (why !== undefined) return refuse(why);
  const effect = personEffect(people, { before: known, after, by: OPERATOR }, { now, data: BY_OPERATOR });
  return accept({ added: { person: after }, ...effect });
}

const FROZEN =
  'This person is frozen. A Manager asks to let them act again (countersign person set --unfreeze); to have one, add somebody else';
