import { expect, it } from 'vitest';
import { waitFor } from '../../lib/operations/attempts.ts';
import { toldStore } from '../../lib/operations/writings.ts';
import type { CommitResult, Store, Write } from '../../lib/ports/store.ts';

const put = (partition: string): Write => ({
  put: { table: 'main', partition, sort: 'it', attributes: {} },
  when: [],
});

function story(result: CommitResult = { committed: true }) {
  const inner: Store = {
    get: async () => undefined,
    query: async () => ({ items: [] }),
    commit: async () => result,
  };
  // A clock that stands still: nothing is found by looking again after a while.
  const clock = { now: () => 0, sleep: () => new Promise<void>(() => {}) };
  return { clock, ...toldStore(inner) };
}

const turns = () => new Promise((resolve) => setImmediate(resolve));

it('whoever waits for an answer looks again when its partition is written to, without any time going by', async () => {
  const { clock, store, writings } = story();
  let answer: string | undefined;
  let looks = 0;
  const found = waitFor({ clock, writings }, 'key#1', async () => {
    looks += 1;
    return answer;
  });
  await turns();
  await store.commit([put('key#2'), { check: { table: 'main', partition: 'key#1', sort: 'it' }, when: [] }]);
  await turns();
  expect(looks).toBe(1);
  await store.commit([put('key#2'), put('key#1')]);
  await turns();
  expect(looks).toBe(2);
  answer = 'here';
  await store.commit([{ update: { table: 'main', partition: 'key#1', sort: 'other' }, when: [] }]);
  expect(await found).toBe('here');
  expect(looks).toBe(3);
});

it('what is written while somebody looks is not missed', async () => {
  const { clock, store, writings } = story();
  let answer: string | undefined;
  const found = await waitFor({ clock, writings }, 'key#1', async () => {
    const before = answer;
    answer = 'here';
    await store.commit([put('key#1')]);
    return before;
  });
  expect(found).toBe('here');
});

it('a commit that was refused is told to nobody', async () => {
  const { clock, store, writings } = story({ committed: false, failed: [0] });
  let looks = 0;
  void waitFor({ clock, writings }, 'key#1', async () => {
    looks += 1;
    return undefined;
  });
  await store.commit([put('key#1')]);
  await turns();
  expect(looks).toBe(1);
});

it('what nobody tells of is found by looking, until the time of a call is over', async () => {
  const { writings } = story();
  const pauses: number[] = [];
  const clock = { now: () => 0, sleep: async (milliseconds: number) => void pauses.push(milliseconds) };
  expect(await waitFor({ clock, writings }, 'key#1', async () => undefined)).toBeUndefined();
  expect(pauses.reduce((sum, pause) => sum + pause, 0)).toBe(8_000);
});

it('a key that is written to again and again makes no call wait for longer', async () => {
  const { store, writings } = story();
  const clock = {
    now: () => 0,
    sleep: async () => {
      await turns();
      await turns();
    },
  };
  let looks = 0;
  const found = await waitFor({ clock, writings }, 'key#1', async () => {
    looks += 1;
    if (looks < 5_000) await store.commit([put('key#1')]);
    await turns();
    return undefined;
  });
  expect(found).toBeUndefined();
  expect(looks).toBeLessThan(5_000);
});

it('what another way to commit writes is told as well, and what it refuses is not', async () => {
  const { told, writings } = story();
  const next = writings.next('key#1');
  let heard = false;
  void next.written.then(() => {
    heard = true;
  });
  await told(async (_writes, _token: string) => ({ committed: false, failed: [0] }))([put('key#1')], 'token');
  await turns();
  expect(heard).toBe(false);
  expect(
    await told(async (_writes, token: string) => ({ committed: token === 'token', failed: [] }))(
      [put('key#1')],
      'token',
    ),
  ).toMatchObject({ committed: true });
  await turns();
  expect(heard).toBe(true);
});
