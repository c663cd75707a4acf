import type { Change, PendingChange } from '../domain/change-request.ts';
import { personNeedsTwo } from '../domain/guard-rails.ts';
import type { Person } from '../domain/person.ts';
import { changePerson as changed, type GrantName } from '../domain/person-change.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import { commitInstanceChange } from './change.ts';
import type { Context } from './context.ts';
import { type GrantRequest, grantsAskedFor, grantsMeant } from './grants.ts';
import { aboutPerson, isNamed, loadInstanceAndPeople, mayManage } from './people.ts';
import { personEffect, whyNotPerson } from './person-effect.ts';
import { requestChange } from './request-change.ts';

export interface PersonChangeRequest {
  readonly grant?: readonly GrantRequest[] | undefined;
  readonly revoke?: readonly GrantRequest[] | undefined;
  readonly status?: 'active' | 'frozen' | undefined;
  readonly email?: string | undefined;
  /** Why, for whoever decides about it, and for the event. */
  readonly reason?: string | undefined;
}

/** The person as they are now; what waits for a second Manager is not done yet. */
export interface ChangedPerson {
  readonly person: Person;
  /** Where it makes a Manager, or lets somebody purge: nothing is changed before somebody else approves this. */
  readonly waits?: PendingChange;
  /** It would have waited, were this no trial. */
  readonly exempt?: 'trial';
}

/**
 * Changes somebody's roles, freezes them or lets them act again, and changes their address: one write, on which every
 * decision is conditional, with its event and the mails that tell of it. Where any of it needs a second Manager, all
 * of it is asked for and none is done.
 */
export function changePerson(
  context: Context,
  caller: Caller,
  emailOrId: string,
  request: PersonChangeRequest,
): Promise<Decision<ChangedPerson>> {
  return attempt(context, async () => {
    const loaded = await loadInstanceAndPeople(context, caller.instance.id);
    const by = loaded?.people.find(({ id }) => id === caller.person.id);
    if (loaded === undefined || by === undefined || !mayManage(loaded.people, by)) {
      return refuse('access-denied');
    }
    const { instance, people } = loaded;
    const before = people.find((one) => one.status !== 'removed' && isNamed(one, emailOrId));
    if (before === undefined) return refuse('person-not-found');
    const grant = await grantsAskedFor(context.store, instance.id, request.grant);
    if (!grant.ok) return grant;
    const revoke = await grantsMeant(context.store, instance.id, request.revoke);
    const now = context.clock.now();
    const { status, email, reason } = request;
    const decision = changed(before, { status, email, grant: grant.value, revoke }, now);
    if (!decision.ok) return decision;
    const after = decision.value;
    if (after === before) return accept({ person: before });
    const whyNot = whyNotPerson(instance, people, after);
    if (!whyNot.ok) return whyNot;
    const services = people.filter(({ owner }) => owner === before.id);
    const needsTwo = personNeedsTwo(before, after, services);
    if (needsTwo && !instance.trial) {
      const change = personChange(before, { grant: grant.value, revoke, status, email });
      const asked = await requestChange(context, {
        instance,
        people,
        by,
        change,
        reason,
        now,
        ...aboutPerson(people, before, after),
      });
      return asked?.ok ? accept({ person: before, waits: asked.value }) : asked;
    }
    const exempt = needsTwo ? 'trial' : undefined;
    const effect = personEffect(people, { before, after, by }, { now, data: { exempt, reason } });
    const { event, writes } = effect;
    const committed = await commitInstanceChange(context, { instance, now, events: [event], writes });
    if (!committed) return undefined;
    return accept({ person: after, ...(exempt !== undefined && { exempt }) });
  });
}

interface Wanted {
  readonly grant: readonly GrantName[];
  readonly revoke?: readonly GrantName[] | undefined;
  readonly status?: 'active' | 'frozen' | undefined;
  readonly email?: string | undefined;
}

/** A change of somebody as a request holds it. */
const personChange = ({ id }: Person, { grant, revoke = [], status, email }: Wanted): Change => ({
  kind: 'person',
  person: id,
  ...(grant.length > 0 && { grant }),
  ...(revoke.length > 0 && { revoke }),
  ...(status !== undefined && { status }),
  ...(email !== undefined && { email }),
});
