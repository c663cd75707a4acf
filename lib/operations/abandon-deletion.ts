import { ACCESS } from '../domain/access.ts';
import { mayAbandon, refuseDestroying } from '../domain/destroying.ts';
import { type StatusThere, sayProvider } from '../domain/external-key.ts';
import { displayNameOf, grantsOver } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { outcomeMails } from './mails.ts';
import { providerOf } from './providers.ts';
import { permittedKey } from './read-keys.ts';
import { referenceOf } from './records/authorization.ts';
import { loadPeople, reloadPerson, stillHolds } from './records/person.ts';
import { commitDecision, currentAuthorization, loadCurrent } from './transition.ts';

/**
 * The way out of a deletion that has begun and does not go on, because the provider cannot be reached, or lets nobody
 * see what became of the key. It destroys nothing: the key counts as there again, and what its provider last said is on
 * record. Refused where the provider says that it is done: then the deletion ends as what it is.
 */
export function abandonDeletion(
  context: Context,
  caller: Caller,
  idOrAlias: string,
): Promise<Decision<void>> {
  return attempt(context, async () => {
    const person = await reloadPerson(context.store, caller.person);
    const asked = { operation: 'abandonDeletion', idOrAlias } as const;
    const found = await permittedKey(context, { ...caller, person }, asked);
    if (!found.ok) return found;
    const counts = await currentAuthorization(context.store, found.value);
    const current = counts && (await loadCurrent(context.store, referenceOf(counts)));
    if (current === undefined || current.authorization.status !== 'destroying') {
      return refuse('deletion-not-stalled');
    }
    const { key, authorization: before } = current;
    const now = context.clock.now();
    const allowed = mayAbandon({ key, authorization: before }, now);
    if (!allowed.ok) return allowed;
    const [grant] = grantsOver(person, ACCESS.abandonDeletion, key);
    if (grant === undefined || key.external === undefined) return refuse('access-denied');
    const provider = providerOf(context, key.external);
    const there: StatusThere = provider.ok
      ? await provider.value
          .status(key.external)
          .catch(() => ({ status: 'not known', why: 'it does not answer' }) as const)
      : { status: 'not known', why: 'it is not set up in this installation any more' };
    if (there.status === 'gone' || there.status === 'pending deletion') {
      return refuse('deletion-not-stalled', DONE);
    }
    const why = `${displayNameOf(person)} gave it up; ${sayProvider(key.external)}: ${say(there)}`;
    const after = refuseDestroying(before, why, now);
    const people = await loadPeople(context.store, key.instanceId);
    const committed = await commitDecision(context, {
      key,
      before,
      after,
      now,
      event: {
        action: 'countersign.authorization.refuse',
        actor: person.id,
        outcome: 'success',
        data: { why, statusThere: there.status },
      },
      mails: outcomeMails('not-carried-out', after, people),
      nextKey: { setForDeletionUntil: undefined, destroyingSince: undefined },
      writes: stillHolds(person, grant),
    });
    return committed ? accept(undefined) : undefined;
  });
}

const DONE = 'The provider says that the key is deleted there. The deletion ends by itself within minutes';

const say = (there: Extract<StatusThere, { status: 'alive' | 'not known' }>): string =>
  there.status === 'alive'
    ? `the key is there, ${there.state}`
    : `what became of the key is not known (${there.why})`;
