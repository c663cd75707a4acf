import { expect, it } from 'vitest';
import { wakingCommit } from '../../../lib/adapters/embedded/waking-commit.ts';
import { TransientError } from '../../../lib/domain/errors.ts';
import type { Write } from '../../../lib/ports/store.ts';
import { DECISION, decide, oneFile } from './one-file.ts';

/** An execution that waits on its token. */
async function waiting() {
  const file = oneFile();
  const { store, engine, keeper, clock } = file;
  await engine.start('one', {});
  await clock.settle();
  const token = String(keeper.tokensOf('one')[0]);
  return { ...file, token, decideAndWake: wakingCommit(store, engine) };
}

it('a decision and its wake-up are durable together', async () => {
  const { decideAndWake, token, killedAt } = await waiting();
  const afterTheKill = killedAt('commit: on disk, not acknowledged');
  expect(await decideAndWake([decide('approved')], token)).toEqual({ committed: true });
  const again = afterTheKill();
  expect(await again.store.get(DECISION)).toBeDefined();
  expect(again.engine.status('one')).toBe('SUCCEEDED');
});

it('a kill before they are on disk leaves neither', async () => {
  const { decideAndWake, token, killedAt } = await waiting();
  const afterTheKill = killedAt('commit: written, not on disk');
  await decideAndWake([decide('approved')], token);
  const again = afterTheKill();
  expect(await again.store.get(DECISION)).toBeUndefined();
  expect(again.engine.status('one')).toBe('RUNNING');
});

it('a decision whose condition does not hold wakes nobody, and the next one does', async () => {
  const { decideAndWake, store, engine, token } = await waiting();
  await store.commit([decide('denied')]);
  expect(await decideAndWake([decide('approved')], token)).toEqual({ committed: false, failed: [0] });
  expect(engine.status('one')).toBe('RUNNING');
  const other: Write = { put: { ...DECISION, sort: 'other', attributes: {} }, when: [] };
  expect(await decideAndWake([other], token)).toEqual({ committed: true });
  expect(engine.status('one')).toBe('SUCCEEDED');
});

it('a token that nothing waits on any more does not keep a decision from being written', async () => {
  const { decideAndWake, store, engine, token } = await waiting();
  await engine.sendTaskSuccess(token, {});
  expect(await decideAndWake([decide('approved')], token)).toEqual({ committed: true });
  expect(await store.get(DECISION)).toBeDefined();
  expect(await decideAndWake([decide('denied')], 'not a token')).toEqual({ committed: false, failed: [0] });
});

it('of two decisions at once one is written, and the execution is woken once', async () => {
  const { decideAndWake, engine, token } = await waiting();
  const results = await Promise.all(
    ['approved', 'denied'].map((status) => decideAndWake([decide(status)], token)),
  );
  expect(results.filter(({ committed }) => committed)).toHaveLength(1);
  const { events } = await engine.history('one', { limit: 100 });
  expect(events.filter(({ type }) => type === 'TaskSucceeded')).toHaveLength(1);
});

it('a full disk refuses both, and both go through when there is room', async () => {
  const { decideAndWake, store, engine, token, full } = await waiting();
  const emptied = full();
  await expect(decideAndWake([decide('approved')], token)).rejects.toThrow(TransientError);
  emptied();
  expect(await store.get(DECISION)).toBeUndefined();
  expect(engine.status('one')).toBe('RUNNING');
  expect(await decideAndWake([decide('approved')], token)).toEqual({ committed: true });
  expect(engine.status('one')).toBe('SUCCEEDED');
});
