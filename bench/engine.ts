import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { syncsPerSecond } from './disk.ts';
import type { Round } from './engine/program.ts';
import { OUTSIDE } from './engine/workload.ts';
import { bundled, type Figures, type Program, runProgram } from './program.ts';
import { median, type Row, type Rows } from './rows.ts';

const PROGRAM = join(import.meta.dirname, 'engine/program.ts');
const CONCURRENCIES = [1, 32, 256];
const ROUNDS = 3;
/** Between rounds, so that a disk which slows down under writing recovers, in milliseconds. */
const REST_MS = 500;
const ROUND: Omit<Round, 'concurrency'> = { warmUp: 1_000, milliseconds: 2_000 };
const WAITING = [10_000, 20_000, 100_000];
const MANY_WAITING = 1_000_000;

/**
 * Approvals through the engine alone: started, recorded, waiting on a token, woken, deleted, done. As in an installation,
 * where all effects of a step are in the database; and with every step on disk before the next. The floor is as many
 * durable records in a bare table of the same database, in transactions of one record for each client.
 *
 * @param long with a million waiting, which takes minutes.
 */
export async function benchEngine({ long }: { readonly long: boolean }): Promise<Rows> {
  const program = await bundled(PROGRAM);
  const rows = [...(await throughput(program))];
  for (const count of long ? [...WAITING, MANY_WAITING] : WAITING) {
    rows.push(...(await waiting(program, count)));
  }
  return rows;
}

async function throughput(program: string): Promise<Rows> {
  return inFolder(async (folder) => {
    const engine = runProgram(program, ['approvals', folder]);
    await engine.said();
    const rows: Row[] = [];
    for (const concurrency of CONCURRENCIES)
      rows.push(...(await beside(engine, program, { concurrency, named: '' })));
    engine.ask({ ...ROUND, concurrency: 0 });
    const { bytesEach } = await engine.said();
    await engine.kill();
    const waiting = await stepByStep(program);
    return [
      ...rows,
      ...waiting,
      { measured: 'disk of a finished one', value: Number(bytesEach), unit: 'bytes' },
    ];
  });
}

async function stepByStep(program: string): Promise<Rows> {
  return inFolder(async (folder) => {
    const engine = runProgram(program, ['approvals', folder, OUTSIDE]);
    await engine.said();
    const rows = await beside(engine, program, { concurrency: 32, named: 'each step on disk first, ' });
    await engine.kill();
    return rows;
  });
}

interface Setting {
  readonly concurrency: number;
  readonly named: string;
}

/** Rounds of the engine and of the floor in turns. */
async function beside(engine: Program, program: string, { concurrency, named }: Setting): Promise<Rows> {
  const rounds: { engine: Figures; floor: Figures; syncs: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await setTimeout(REST_MS);
    const syncs = await inFolder(async (folder) => syncsPerSecond(folder));
    const floor = await inFolder((folder) => once(program, ['floor', folder, String(concurrency)]));
    engine.ask({ ...ROUND, concurrency });
    rounds.push({ engine: await engine.said(), floor, syncs });
  }
  const of = (which: 'engine' | 'floor', name: string) => median(rounds.map((r) => Number(r[which][name])));
  const at = `${named}at concurrency ${concurrency}`;
  return [
    { measured: `disk syncs before ${at}`, value: median(rounds.map((r) => r.syncs)), unit: 'syncs/s' },
    {
      measured: `approvals ${at}`,
      value: of('engine', 'perSecond'),
      unit: '/s',
      floor: of('floor', 'perSecond'),
    },
    {
      measured: `wake to done ${at}, p50`,
      value: of('engine', 'p50'),
      unit: 'ms',
      floor: of('floor', 'p50'),
    },
    {
      measured: `wake to done ${at}, p99`,
      value: of('engine', 'p99'),
      unit: 'ms',
      floor: of('floor', 'p99'),
    },
    { measured: `processor time of one ${at}`, value: of('engine', 'processorMicroseconds'), unit: 'µs' },
  ];
}

async function waiting(program: string, count: number): Promise<Rows> {
  return inFolder(async (folder) => {
    const filling = runProgram(program, ['fill', folder, String(count)]);
    const { token, idlePercent, residentMegabytes, laterMegabytes } = await filling.said();
    await filling.kill();
    const killed = performance.now();
    const resumed = runProgram(program, ['resume', folder, String(count), String(token)]);
    await resumed.said();
    const milliseconds = performance.now() - killed;
    const after = await resumed.said();
    const having = `with ${count} waiting`;
    return [
      { measured: `resident ${having}, after they started`, value: Number(residentMegabytes), unit: 'MB' },
      { measured: `resident ${having}, a minute later`, value: Number(laterMegabytes), unit: 'MB' },
      { measured: `resident ${having}, after a restart`, value: Number(after.residentMegabytes), unit: 'MB' },
      { measured: `processor while idle ${having}`, value: Number(idlePercent), unit: '%' },
      { measured: `kill -9 to first completion ${having}`, value: milliseconds, unit: 'ms' },
      { measured: `disk of a waiting one, ${having}`, value: Number(after.bytes) / count, unit: 'bytes' },
    ];
  });
}

async function once(program: string, parameters: readonly string[]): Promise<Figures> {
  const running = runProgram(program, parameters);
  const said = await running.said();
  await running.kill();
  return said;
}

async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
