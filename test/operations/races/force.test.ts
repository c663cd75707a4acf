import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approveDeletion } from '../../../lib/operations/approve-deletion.ts';
import { loadAuthorization } from '../../../lib/operations/records/authorization.ts';
import { registerResource } from '../../../lib/operations/registrations.ts';
import { crnOf } from '../../domain/registrations.ts';
import { type Actor, type Choose, everySchedule, interleave } from '../../support/interleavings.ts';
import { type Operations, openOperations } from '../../support/operations.ts';
import { type Answer, actorOf } from './actors.ts';
import { begin, type Situation } from './situations.ts';
import { saidYes, wrongsOf } from './wrongs.ts';

let operations: Operations;
beforeAll(async () => {
  operations = await openOperations();
});
afterAll(() => operations.close());

async function actorsOf(
  situation: Situation,
  preventKeyDeletion: boolean,
): Promise<readonly Actor<Answer>[]> {
  const { desk, service, reference, round } = situation;
  const approver = await desk.person('alice');
  const approval = { ...reference, approver, round, decidedThrough: 'api', force: true } as const;
  const name = { idOrAlias: desk.keyId, resourceCrn: crnOf('late') };
  return [
    {
      name: 'a resource is registered',
      run: async (store) =>
        (await registerResource(operations.through(store), service, name, { preventKeyDeletion })).ok,
    },
    {
      name: 'alice approves',
      run: async (store) => (await approveDeletion(operations.through(store), approval)).ok,
    },
    actorOf('the key is to be deleted', situation),
  ];
}

describe('a resource is registered, a Manager approves by force, and the key is to be deleted', () => {
  it.each(['with a retention', 'without one'])(
    '%s, in every order: nothing is lost that nobody was shown',
    async (which) => {
      const preventKeyDeletion = which === 'with a retention';
      const situation = await begin(operations, 'pending');
      const wrongs = new Set<string>();
      const outcomes = new Set<string>();
      const orders = await everySchedule(async (choose: Choose) => {
        const actors = await actorsOf(situation, preventKeyDeletion);
        const race = await interleave(actors, situation.store, { choose, granularity: 'every-commit' });
        for (const wrong of await wrongsOf(situation, race)) wrongs.add(wrong);
        const { status } = (await loadAuthorization(situation.store, situation.reference)) ?? {};
        outcomes.add(
          `${status}, ${saidYes(race, 'a resource is registered') > 0 ? 'registered' : 'refused'}`,
        );
        await situation.again();
      });
      expect([...wrongs]).toEqual([]);
      expect(orders).toBeGreaterThan(20);
      expect([...outcomes].sort()).toEqual([
        'consumed, refused',
        'drifted, registered',
        ...(preventKeyDeletion ? ['refused, registered'] : []),
      ]);
    },
  );
});
