import { expect, it } from 'vitest';
import { startingCommit } from '../../../lib/adapters/embedded/starting-commit.ts';
import { TransientError } from '../../../lib/domain/errors.ts';
import { DECISION, decide, oneFile } from './one-file.ts';

function beginning() {
  const file = oneFile();
  return { ...file, writeAndStart: startingCommit(file.store, file.engine) };
}

const ONE = { name: 'one', input: { of: 'one' } };

it('a request and its execution are durable together', async () => {
  const { writeAndStart, killedAt } = beginning();
  const afterTheKill = killedAt('commit: on disk, not acknowledged');
  expect(await writeAndStart([decide('asked')], ONE)).toEqual({ committed: true });
  const again = afterTheKill();
  expect(await again.store.get(DECISION)).toBeDefined();
  expect(again.engine.status('one')).toBe('RUNNING');
});

it('a kill before they are on disk leaves neither', async () => {
  const { writeAndStart, killedAt } = beginning();
  const afterTheKill = killedAt('commit: written, not on disk');
  await writeAndStart([decide('asked')], ONE);
  const again = afterTheKill();
  expect(await again.store.get(DECISION)).toBeUndefined();
  expect(again.engine.status('one')).toBeUndefined();
});

it('the execution runs with its input, and can be answered', async () => {
  const { writeAndStart, engine, keeper, clock } = beginning();
  await writeAndStart([decide('asked')], ONE);
  await clock.settle();
  await engine.sendTaskSuccess(String(keeper.tokensOf('one')[0]), {});
  await clock.settle();
  expect(await engine.describe('one')).toMatchObject({ status: 'SUCCEEDED', input: ONE.input });
});

it('a request whose condition does not hold starts nothing', async () => {
  const { writeAndStart, store, engine, keeper, clock } = beginning();
  await store.commit([decide('asked')]);
  expect(await writeAndStart([decide('asked')], ONE)).toEqual({ committed: false, failed: [0] });
  await clock.settle();
  expect(engine.status('one')).toBeUndefined();
  expect(keeper.tokensOf('one')).toEqual([]);
});

it('an execution that has the name already stays what it is', async () => {
  const { writeAndStart, store, engine, keeper, clock } = beginning();
  await engine.start('one', { of: 'another' });
  expect(await writeAndStart([decide('asked')], ONE)).toEqual({ committed: true });
  await clock.settle();
  expect(await store.get(DECISION)).toBeDefined();
  expect(await engine.describe('one')).toMatchObject({ input: { of: 'another' } });
  expect(keeper.tokensOf('one')).toHaveLength(1);
});

it('a full disk refuses both, and both go through when there is room', async () => {
  const { writeAndStart, store, engine, full } = beginning();
  const emptied = full();
  await expect(writeAndStart([decide('asked')], ONE)).rejects.toThrow(TransientError);
  emptied();
  expect(await store.get(DECISION)).toBeUndefined();
  expect(engine.status('one')).toBeUndefined();
  expect(await writeAndStart([decide('asked')], ONE)).toEqual({ committed: true });
  expect(engine.status('one')).toBe('RUNNING');
});

it('an engine that is closing has the request asked again, and nothing is written', async () => {
  const { writeAndStart, store, engine } = beginning();
  await engine.close();
  await expect(writeAndStart([decide('asked')], ONE)).rejects.toThrow(TransientError);
  expect(await store.get(DECISION)).toBeUndefined();
});
