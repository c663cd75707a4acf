import { expect, test } from 'vitest';
import type { CommitResult, Condition, ItemKey, Write } from '../../../lib/ports/store.ts';
import { freshKey, given, type Subject } from './fixture.ts';

const ROUNDS = 40;

export function describeRaces(subject: Subject): void {
  const rounds = <T>(play: (round: number) => Promise<T>) =>
    Promise.all(Array.from({ length: ROUNDS }, (_, n) => play(n)));
  const winners = (results: readonly CommitResult[]) => results.filter(({ committed }) => committed).length;

  test('of two conditional updates at once exactly one wins, and the other learns that it lost', async () => {
    const played = await rounds(async () => {
      const update = await given(subject(), { status: 'pending' });
      const when: Condition[] = [{ attribute: 'status', is: 'equal', value: 'pending' }];
      const decide = (status: string) => subject().commit([{ update, when, set: { status } }]);
      const results = await Promise.all([decide('approved'), decide('withdrawn')]);
      return [results, (await subject().get(update))?.attributes.status] as const;
    });
    for (const [[approved, withdrawn], status] of played) {
      const won = approved?.committed ? [approved, withdrawn] : [withdrawn, approved];
      expect(won).toEqual([{ committed: true }, { committed: false, failed: [0] }]);
      expect(status).toBe(approved?.committed ? 'approved' : 'withdrawn');
    }
  });

  test('of three that make the same item exactly one does', async () => {
    const played = await rounds(async () => {
      const key = freshKey();
      const make = (n: number) =>
        subject().commit([{ put: { ...key, attributes: { n } }, when: [{ item: 'absent' }] }]);
      return Promise.all([make(1), make(2), make(3)]);
    });
    expect(played.map(winners)).toEqual(played.map(() => 1));
  });

  test('a write and the check that it would break are not both committed', async () => {
    const played = await rounds(async () => {
      const [grant, deletion] = [await given(subject(), { role: 'Manager' }), freshKey()];
      const held: Condition[] = [{ attribute: 'role', is: 'equal', value: 'Manager' }];
      const revoke: Write[] = [
        { update: grant, when: held, remove: ['role'] },
        { check: deletion, when: [{ item: 'absent' }] },
      ];
      const destroy: Write[] = [
        { check: grant, when: held },
        { put: { ...deletion, attributes: {} }, when: [{ item: 'absent' }] },
      ];
      return Promise.all([subject().commit(revoke), subject().commit(destroy)]);
    });
    expect(played.map(winners)).toEqual(played.map(() => 1));
  });

  test('additions at once are all counted', async () => {
    const played = await rounds(async () => {
      const update = await given(subject(), { n: 0 });
      const raise = (by: number) => subject().commit([{ update, when: [], add: { n: by } }]);
      await Promise.all([raise(1), raise(10), raise(100)]);
      return (await subject().get(update))?.attributes.n;
    });
    expect(played).toEqual(played.map(() => 111));
  });

  test('what two transactions write to two items is never half of each', async () => {
    const played = await rounds(async () => {
      const keys: readonly ItemKey[] = [freshKey(), freshKey()];
      const write = (by: string, order: readonly ItemKey[]) =>
        subject().commit(order.map((key): Write => ({ put: { ...key, attributes: { by } }, when: [] })));
      await Promise.all([write('one', keys), write('two', keys.toReversed())]);
      const found = await Promise.all(keys.map((key) => subject().get(key)));
      return new Set(found.map((item) => item?.attributes.by)).size;
    });
    expect(played).toEqual(played.map(() => 1));
  });

  test('a transaction that is refused takes nothing from those made at the same time', async () => {
    const played = await rounds(async () => {
      const [update, broken] = [await given(subject(), { n: 0 }), await given(subject(), { n: 'text' })];
      const raise = (key: ItemKey) => subject().commit([{ update: key, when: [], add: { n: 1 } }]);
      const results = await Promise.allSettled([raise(broken), raise(update)]);
      const after = await Promise.all([broken, update].map((key) => subject().get(key)));
      return [...results.map(({ status }) => status), ...after.map((item) => item?.attributes.n)];
    });
    expect(played).toEqual(played.map(() => ['rejected', 'fulfilled', 'text', 1]));
  });
}
