import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as realSleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Commit } from '../../lib/engine/database.ts';
import { openEngine } from '../../lib/engine/engine.ts';
import { type DataFolder, openDataFolder, setUpInstallation } from '../../lib/wiring/data-folder.ts';
import { DEFAULT_HISTORY_RETENTION, historyRetention } from '../../lib/wiring/history-retention.ts';
import { openLocal } from '../../lib/wiring/local.ts';
import { tokenKeeper, WAITING } from '../engine/support/machines.ts';
import { manualClock } from '../support/manual-clock.ts';
import { REQUEST, temporaryFolder } from './installation.ts';

const DAY = 86_400_000;
const SILENT = { info: () => {}, error: () => {} };

/** A folder with an engine over it, and executions that wait for a token at most so many days. */
async function waiting(days: readonly number[]) {
  const folder = await openDataFolder(join(temporaryFolder(), 'data'));
  const clock = manualClock();
  const keeper = tokenKeeper();
  const { database, commit } = folder;
  const functions = { 'hand-over': keeper.handOver };
  const engine = openEngine({ database, commit, clock, definition: WAITING, functions });
  onTestFinished(async () => {
    await engine.close();
    folder.close();
  });
  for (const [i, day] of days.entries()) await engine.start(`waiter-${i}`, { seconds: day * 86_400 });
  await engine.start('last', { seconds: 1 });
  await clock.settle();
  return { folder, clock, engine, keeper };
}

const exported = ({ path }: DataFolder, file: string): readonly Record<string, unknown>[] =>
  readFileSync(join(path, 'exports', file), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

describe('a closed execution that is older than the retention', () => {
  test('is a line of the month in which it closed, with its history as AWS shows it and no task token', async () => {
    const { folder, clock, engine, keeper } = await waiting([1, 40]);
    const sweep = historyRetention({ folder, clock, log: SILENT, retention: DEFAULT_HISTORY_RETENTION });
    await clock.advance(399 * DAY);
    await sweep();
    expect(readdirSync(folder.path)).not.toContain('exports');
    await clock.advance(60 * DAY);
    await sweep();

    expect(readdirSync(join(folder.path, 'exports'))).toEqual([
      'executions-2026-01.jsonl',
      'executions-2026-02.jsonl',
    ]);
    const [line] = exported(folder, 'executions-2026-01.jsonl');
    expect(line).toMatchObject({
      name: 'waiter-0',
      status: 'SUCCEEDED',
      startDate: '2026-01-01T00:00:00.000Z',
      stopDate: '2026-01-02T00:00:00.000Z',
      input: { seconds: 86_400 },
      output: 'too late',
    });
    expect(line?.events).toHaveLength(10);
    expect(Object(line).events[2]).toMatchObject({
      type: 'TaskScheduled',
      taskScheduledEventDetails: { timeoutInSeconds: 86_400 },
    });
    const token = String(keeper.tokensOf('waiter-0')[0]);
    expect(token).toMatch(/^CSTT/);
    expect(JSON.stringify(line)).not.toContain(token);
    expect(engine.status('waiter-0')).toBeUndefined();
    expect(statSync(join(folder.path, 'exports')).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder.path, 'exports/executions-2026-01.jsonl')).mode & 0o777).toBe(0o600);
  });

  test('whose export was written and whose row was not dropped is exported again, and not lost', async () => {
    const { folder, clock, engine } = await waiting([1]);
    await clock.advance(10 * DAY);
    let crash = true;
    const commit: Commit = (work) => (crash ? Promise.reject(new Error('killed')) : folder.commit(work));
    const sweep = historyRetention({ folder: { ...folder, commit }, clock, log: SILENT, retention: 86_400 });
    await expect(sweep()).rejects.toThrow('killed');
    expect(engine.status('waiter-0')).toBe('SUCCEEDED');
    crash = false;
    await sweep();
    expect(engine.status('waiter-0')).toBeUndefined();
    const [first, second, ...more] = exported(folder, 'executions-2026-01.jsonl');
    expect(first).toEqual(second);
    expect(more).toEqual([]);
  });
});

test('an installation lets go of its executions by itself, and never of who did what with a key', async () => {
  const folder = await openDataFolder(join(temporaryFolder(), 'data'));
  const made = await setUpInstallation(folder, REQUEST);
  await folder.keep();
  if (!made.ok) throw new Error(made.refusal.code);
  const { instance, people } = made.value;
  const as = (email: string, method = 'GET', body?: object) => ({
    method,
    headers: {
      authorization: `Bearer ${people.find(({ person }) => person.email === email)?.apiKey}`,
      'bluemix-instance': instance.id,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const options = { publicUrl: 'http://127.0.0.1:8080', log: SILENT, historyRetention: 86_400 };
  const clock = { ...manualClock(Date.now() + 60_000), sleep: (ms: number) => realSleep(Math.min(ms, 5)) };
  const local = await openLocal({ folder, ...options, clock });
  const ids: string[] = [];
  for (const alias of ['first', 'second']) {
    const metadata = { collectionType: 'application/vnd.ibm.kms.key+json', collectionTotal: 1 };
    const resources = [{ name: alias, aliases: [alias], extractable: false }];
    const created = await local.app.request(
      '/api/v2/keys',
      as('will@example.com', 'POST', { metadata, resources }),
    );
    ids.push(JSON.parse(await created.text()).resources[0].id);
    await local.app.request(
      `/api/v2/keys/${alias}/actions/setKeyForDeletion`,
      as('will@example.com', 'POST'),
    );
    const deleted = await local.app.request(`/api/v2/keys/${alias}`, as('mia@example.com', 'DELETE'));
    expect(deleted.status).toBe(204);
  }
  await local.close();

  const later = manualClock(clock.now() + 3 * DAY);
  const again = await openLocal({ folder: await openDataFolder(folder.path), ...options, clock: later });
  onTestFinished(() => again.close());
  const files = () => {
    const names = readdirSync(folder.path).includes('exports')
      ? readdirSync(join(folder.path, 'exports'))
      : [];
    return names.flatMap((name) => exported(folder, name));
  };
  await expect
    .poll(async () => {
      await later.settle();
      return files().length;
    })
    .toBe(1);
  expect(files()[0]).toMatchObject({ status: 'SUCCEEDED', output: { status: 'consumed' } });
  const historyOf = async (id: string | undefined) => {
    const read = await again.app.request(`/countersign/v1/keys/${id}/history`, as('max@example.com'));
    return JSON.parse(await read.text());
  };
  // The line comes before the row goes.
  await expect.poll(async () => (await historyOf(ids[0])).executions).toEqual([]);
  const [first, second] = [await historyOf(ids[0]), await historyOf(ids[1])];
  expect(second.executions).toHaveLength(1);
  expect(first.events.length).toBe(second.events.length);
});
