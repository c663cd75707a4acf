import { randomUUID } from 'node:crypto';
import { APPROVAL_VALIDITY, type Authorization } from '../../../lib/domain/authorization.ts';
import { approveDeletion } from '../../../lib/operations/approve-deletion.ts';
import { changePerson } from '../../../lib/operations/change-person.ts';
import { recordDenial } from '../../../lib/operations/deny-deletion.ts';
import { removePerson } from '../../../lib/operations/people.ts';
import { beginNextRound } from '../../../lib/operations/reauthorize-deletion.ts';
import { loadAuthorization } from '../../../lib/operations/records/authorization.ts';
import { registerResource } from '../../../lib/operations/registrations.ts';
import { rotateKey } from '../../../lib/operations/rotate-key.ts';
import { deleteKeyStep } from '../../../lib/operations/steps/delete-key.ts';
import { settleStep } from '../../../lib/operations/steps/settle.ts';
import { unsetKeyForDeletion } from '../../../lib/operations/unset-key-for-deletion.ts';
import type { Store } from '../../../lib/ports/store.ts';
import { crnOf } from '../../domain/registrations.ts';
import type { Actor } from '../../support/interleavings.ts';
import { record, type Situation } from './situations.ts';

/** Whether what was answered was a yes. */
export type Answer = boolean;

async function reauthorize(
  who: 'alice' | 'wendy',
  { operations, desk, reference, round }: Situation,
  store: Store,
): Promise<Answer> {
  const by = await desk.person(who, store);
  return (await beginNextRound(operations.through(store), { ...reference, by, round })).ok;
}

/** Everything that can happen to an authorization, each as one who does it. */
const ACTORS = {
  // Of the round that her link names, whichever it is by then.
  'alice approves': async ({ operations, desk, reference, round }, store) => {
    const approver = await desk.person('alice', store);
    const approval = { ...reference, approver, round, decidedThrough: 'link' } as const;
    return (await approveDeletion(operations.through(store), approval)).ok;
  },
  // Of the round that he finds.
  'bob approves': async ({ operations, desk, reference }, store) => {
    const approver = await desk.person('bob', store);
    const current = await loadAuthorization(store, reference);
    const approval = { ...reference, approver, round: current?.round ?? 0, decidedThrough: 'api' } as const;
    return (await approveDeletion(operations.through(store), approval)).ok;
  },
  'bob denies': async ({ operations, desk, reference, round }, store) => {
    const by = await desk.person('bob', store);
    const denial = { ...reference, by, round, decidedThrough: 'api' } as const;
    return (await recordDenial(operations.through(store), denial)).ok;
  },
  'wendy withdraws': async ({ operations, desk }, store) => {
    const person = await desk.person('wendy', store);
    const caller = { ...(await desk.as('wendy')), person };
    return (await unsetKeyForDeletion(operations.through(store), caller, desk.keyId, {})).ok;
  },
  'alice asks anew': async (situation, store) => (await record(situation, store, 'alice')).recorded,
  'the time runs out': async ({ operations, reference }, store) => {
    const current = await loadAuthorization(operations.context.store, reference);
    operations.now = Math.max(operations.now, current === undefined ? 0 : endOf(current));
    await settleStep(operations.through(store), reference);
    return true;
  },
  'alice re-authorizes': (situation, store) => reauthorize('alice', situation, store),
  'wendy re-authorizes': (situation, store) => reauthorize('wendy', situation, store),
  'the key is rotated': async ({ operations, desk }, store) =>
    (await rotateKey(operations.through(store), await desk.as('carol'), desk.keyId, {})).ok,
  'a resource is registered': async ({ operations, desk, service }, store) => {
    const name = { idOrAlias: desk.keyId, resourceCrn: crnOf(randomUUID()) };
    return (await registerResource(operations.through(store), service, name, {})).ok;
  },
  'alice loses her role': async ({ operations, desk }, store) => {
    const change = { revoke: [{ role: 'Manager' }] } as const;
    return (await changePerson(operations.through(store), await desk.as('bob'), desk.id('alice'), change)).ok;
  },
  'alice is removed': async ({ operations, desk }, store) =>
    (await removePerson(operations.through(store), await desk.as('bob'), desk.id('alice'))).ok,
  'wendy is removed': async ({ operations, desk }, store) =>
    (await removePerson(operations.through(store), await desk.as('bob'), desk.id('wendy'))).ok,
  'the key is to be deleted': async ({ operations, reference }, store) => {
    await deleteKeyStep(operations.through(store), reference);
    return true;
  },
} as const satisfies { readonly [name: string]: (situation: Situation, store: Store) => Promise<Answer> };

export type ActorName = keyof typeof ACTORS;
export const ACTOR_NAMES = Object.keys(ACTORS) as readonly ActorName[];

/** When what stands then comes to its end by itself. */
const endOf = (authorization: Authorization): number => {
  if (authorization.status === 'approved') return authorization.approvedAt + APPROVAL_VALIDITY + 1;
  return authorization.status === 'pending' ? authorization.windowEndsAt : authorization.reauthorizeEndsAt;
};

export const actorOf = (name: ActorName, situation: Situation): Actor<Answer> => ({
  name,
  ...(name !== 'the time runs out' && { onlyTheStore: true }),
  run: (store) => ACTORS[name](situation, store),
});
