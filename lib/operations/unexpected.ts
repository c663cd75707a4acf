import { type Authorization, requestingPrincipal } from '../domain/authorization.ts';
import { requestsFrozen } from '../domain/frozen-requests.ts';
import { type Person, principalOf } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Write } from '../ports/store.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import { commitInstanceChange, instanceChangeWrites } from './change.ts';
import type { Context } from './context.ts';
import { isNamed, loadInstanceAndPeople, mayManage } from './people.ts';
import { loadInstance } from './records/instance.ts';
import { personKey } from './records/person.ts';

interface Freeze {
  readonly by: Person;
  /** The round that nobody expected. */
  readonly authorization: Authorization;
  /** Conditions on people in the same transaction, which names no item twice. */
  readonly checks: readonly Write[];
}

/**
 * The writes that stop everything that the round's requester has asked for in the instance, with the event in the
 * instance's chain: one item, on which every approval, destruction and new round of theirs is conditional. No key of
 * theirs is looked for or touched.
 */
export async function freezeWrites(
  { store, correlationId }: Pick<Context, 'store' | 'correlationId'>,
  { by, authorization, checks }: Freeze,
  now: EpochMillis,
): Promise<readonly Write[]> {
  const { instanceId, keyId, id: authorizationId, round } = authorization;
  const person = requestingPrincipal(authorization);
  const instance = await loadInstance(store, instanceId);
  if (instance === undefined) return checks;
  const item = personKey(instanceId, person);
  const isOnTheSame = (write: Write) => 'check' in write && write.check.sort === item.sort;
  const freeze: Write = {
    update: item,
    when: [{ item: 'present' }, ...checks.filter(isOnTheSame).flatMap(({ when }) => when)],
    // Never before what was asked for: the clock may have gone back since.
    set: { requestsFrozenAt: Math.max(now, authorization.requestedAt) },
    remove: ['requestsLiftedAt'],
  };
  return [
    ...checks.filter((write) => !isOnTheSame(write)),
    ...instanceChangeWrites({
      instance,
      now,
      correlationId,
      events: [
        {
          action: 'countersign.people.freeze-requests',
          actor: by.id,
          outcome: 'success',
          authorizationId,
          round,
          data: { person, keyId },
        },
      ],
      writes: [freeze],
    }),
  ];
}

/**
 * Lets somebody ask for deletions again. Any Manager but themselves may: nothing comes back to life by it, and what
 * they ask for from then on needs a second person as ever. Done already: no change.
 */
export function liftRequestsFreeze(
  context: Context,
  { person: by, instance: { id } }: Caller,
  emailOrId: string,
): Promise<Decision<void>> {
  return attempt(context, async () => {
    const loaded = await loadInstanceAndPeople(context, id);
    if (loaded === undefined || !mayManage(loaded.people, by)) return refuse('access-denied');
    const { instance, people } = loaded;
    const person = people.find((one) => one.status !== 'removed' && isNamed(one, emailOrId));
    if (person === undefined) return refuse('person-not-found');
    const principal = principalOf(person);
    if (principal === principalOf(by)) return refuse('own-freeze');
    if (!requestsFrozen(person)) return accept(undefined);
    const now = context.clock.now();
    const committed = await commitInstanceChange(context, {
      instance,
      now,
      events: [
        {
          action: 'countersign.people.unfreeze-requests',
          actor: by.id,
          outcome: 'success',
          data: { person: principal },
        },
      ],
      writes: [
        {
          update: personKey(instance.id, principal),
          when: [{ attribute: 'requestsLiftedAt', is: 'absent' }],
          set: { requestsLiftedAt: now },
        },
      ],
    });
    return committed ? accept(undefined) : undefined;
  });
}
