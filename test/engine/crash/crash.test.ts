import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { systemEngineClock } from '../../../lib/engine/clock.ts';
import { groupCommit, openDatabase } from '../../../lib/engine/database.ts';
import { type Engine, type HistoryEvent, openEngine } from '../../../lib/engine/engine.ts';
import { startChild } from '../support/child.ts';
import { temporaryFile } from '../support/temporary.ts';
import { DEFINITION, type Deed, functionsOf, isAnswered, world } from './world.ts';

const ROUNDS = 8;
const LONGEST_LIFE = 400; // milliseconds from being ready to being killed

describe('an engine that is killed again and again under load', () => {
  it('loses nothing that it acknowledged, skips nothing, and does nothing early', async () => {
    const path = temporaryFile();
    const memory = `${path}.world`;
    for (let round = 1; round <= ROUNDS; round += 1) {
      const child = startChild('../crash/engine-child.ts', [path, memory, String(round)]);
      await child.said((line) => line === 'ready');
      await sleep(Math.random() * LONGEST_LIFE);
      await child.kill();
    }
    const deeds = await settleAll(path, memory);
    const names = namesOf(deeds, 'started');
    expect(names.size).toBeGreaterThan(ROUNDS);
    await checkEach(path, names, deeds);
  }, 60_000);
});

const namesOf = (deeds: readonly Deed[], deed: Deed['deed']) =>
  new Set(deeds.filter((one) => one.deed === deed).map(({ name }) => name));

function open(path: string, functions: ReturnType<typeof functionsOf>) {
  const database = openDatabase(path);
  const commit = groupCommit(database);
  const engine = openEngine({
    database,
    commit,
    clock: systemEngineClock(),
    definition: DEFINITION,
    functions,
  });
  return { database, engine };
}

/** Lets every execution end in a last engine that nobody kills. */
async function settleAll(path: string, memory: string): Promise<readonly Deed[]> {
  const { note, read } = world(memory);
  const functions = functionsOf(note, (name, token) => {
    engine.sendTaskSuccess(token, { answered: name }).then(
      () => note({ deed: 'answered', name }),
      () => {},
    );
  });
  const { database, engine } = open(path, functions);
  const running = database.prepare(`SELECT count(*) FROM engine_execution WHERE status = 'RUNNING'`).pluck();
  while (Number(running.all()[0]) > 0) await sleep(50);
  await engine.close();
  database.close();
  return read();
}

async function checkEach(path: string, names: ReadonlySet<string>, deeds: readonly Deed[]): Promise<void> {
  const { database, engine } = open(path, {});
  const recorded = namesOf(deeds, 'recorded');
  const finished = namesOf(deeds, 'finished');
  const answered = deeds.filter(({ deed }) => deed === 'answered').map(({ name }) => name);
  expect(new Set(answered).size, 'answers acknowledged twice').toBe(answered.length);

  for (const name of names) {
    const description = await engine.describe(name);
    expect(description?.status, name).toBe('SUCCEEDED');
    const wasAnswered = description?.output !== 'late';
    expect(recorded.has(name), `${name} was recorded`).toBe(true);
    expect(finished.has(name), `${name} was finished`).toBe(wasAnswered);
    if (!isAnswered(name)) expect(wasAnswered, `${name} was never answered`).toBe(false);
    await checkHistory(engine, name);
  }
  for (const name of answered) {
    const description = await engine.describe(name);
    expect(description?.output, `${name}: its answer was acknowledged`).toEqual({ answered: name });
  }
  for (const [name, tokens] of tokensByName(deeds)) {
    expect(tokens.size, `${name} was handed one token, however often`).toBe(1);
  }
  await engine.close();
  database.close();
}

function tokensByName(deeds: readonly Deed[]): Map<string, Set<string>> {
  const tokens = new Map<string, Set<string>>();
  for (const { deed, name, token } of deeds) {
    if (deed !== 'handed' || token === undefined) continue;
    tokens.set(name, (tokens.get(name) ?? new Set()).add(token));
  }
  return tokens;
}

async function checkHistory(engine: Engine, name: string): Promise<void> {
  const { events } = await engine.history(name, { limit: 1_000 });
  expect(events.map(({ id }) => id)).toEqual(events.map((_, i) => i + 1));
  expect(events.every(({ id, previousEventId }) => previousEventId < id)).toBe(true);
  const times = events.map(({ timestamp }) => timestamp);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  const ends = events.filter(({ type }) => /^Execution(Succeeded|Failed|Aborted|TimedOut)$/.test(type));
  expect(ends).toEqual([events.at(-1)]);
  checkTimeOut(events);
}

function checkTimeOut(events: readonly HistoryEvent[]): void {
  const timedOut = events.find(({ type }) => type === 'TaskTimedOut');
  if (timedOut === undefined) return;
  const scheduled = events.findLast(({ type, id }) => type === 'TaskScheduled' && id < timedOut.id);
  expect(timedOut.timestamp - (scheduled?.timestamp ?? 0)).toBeGreaterThanOrEqual(1_000);
}
