import { couldCall, mayCall } from '../domain/access.ts';
import type { Person } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import { commitInstanceChange } from './change.ts';
import type { Context } from './context.ts';
import { ONESELF } from './credentials.ts';
import { isNamed, loadInstanceAndPeople } from './people.ts';
import { personChangeWrites } from './people-mails.ts';
import { identityWrites } from './records/identity.ts';
import { personItem } from './records/person.ts';

/**
 * Ends that whoever signs in at the issuer as some identity is this person, with every session that was begun so: by the
 * person, or by a Manager. API keys stay. It is bound again through a mailed link alone, and by whoever has that.
 * @param named `me`, or by address, name or id.
 * @returns refused with `identity-not-bound` where there is nothing to end; alike for others and for nobody, to whoever
 * does not manage people.
 */
export function unbindIdentity(context: Context, caller: Caller, named: string): Promise<Decision<Person>> {
  return attempt(context, async () => {
    const loaded = await loadInstanceAndPeople(context, caller.instance.id);
    const by = loaded?.people.find(({ id }) => id === caller.person.id);
    if (loaded === undefined || by === undefined || !couldCall(by, 'manageApiKeys')) {
      return refuse('access-denied');
    }
    const { instance, people } = loaded;
    const person =
      named === ONESELF ? by : people.find((one) => one.status !== 'removed' && isNamed(one, named));
    const manages = mayCall(by, 'managePeople');
    if (person?.id !== by.id && !manages) return refuse('access-denied');
    if (person === undefined) return refuse('person-not-found');
    const { signsInAs, ...after } = person;
    if (signsInAs === undefined) return refuse('identity-not-bound');
    const now = context.clock.now();
    const { issuer, subject } = signsInAs;
    const committed = await commitInstanceChange(context, {
      instance,
      now,
      events: [
        {
          action: 'countersign.people.unbind-identity',
          actor: by.id,
          outcome: 'success',
          data: { person: person.id, issuer, subject },
        },
      ],
      writes: [
        { put: personItem(after), when: [{ attribute: 'status', is: 'equal', value: person.status }] },
        ...identityWrites(person, after),
        ...personChangeWrites(people, { what: 'identity-ended', person, issuer }, { by, now }),
      ],
    });
    return committed ? accept(after) : undefined;
  });
}
