import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Round } from './engine/program.ts';
import { OUTSIDE } from './engine/workload.ts';
import { startPostgres } from './peers/postgres.ts';
import { bundled, type Figures, type Program, runProgram } from './program.ts';
import { median, type Row, type Rows } from './rows.ts';

/** Raised by hand, together with the line about them in the table of results. */
const PACKAGES = [
  '@restatedev/restate-server@1.7.12',
  '@restatedev/restate-sdk@1.17.2',
  '@dbos-inc/dbos-sdk@5.3.0',
];
const SOURCES = join(import.meta.dirname, 'peers');
const ENGINE = join(import.meta.dirname, 'engine/program.ts');
const CONCURRENCIES = [1, 32, 256];
const ROUNDS = 3;
const REST_MS = 1_000;
const ROUND: Omit<Round, 'concurrency'> = { warmUp: 1_500, milliseconds: 3_000 };
const OURS = 'Countersign';
const STEP_BY_STEP = 'Countersign, each step on disk first';

/**
 * The engine beside the durable peers that install from the registry, in turns in one run. They are installed into a
 * folder of their own, which goes afterwards.
 *
 * @throws Error when they cannot be installed or started.
 */
export async function benchPeers(): Promise<Rows> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-peers-'));
  chmodSync(folder, 0o755);
  const stops: (() => Promise<void>)[] = [];
  try {
    install(folder);
    const peers = new Map<string, Program>([['Restate', await restate(folder)]]);
    stops.push(...[...peers.values()].map((peer) => () => peer.kill('SIGTERM')));
    const postgres = await startPostgres(folder);
    if (postgres === undefined) console.log('PostgreSQL is not installed: DBOS is left out');
    else {
      stops.unshift(() => postgres.stop());
      const dbos = await started(folder, 'dbos.js', [postgres.url]);
      peers.set('DBOS', dbos);
      stops.unshift(() => dbos.kill('SIGTERM'));
    }
    const ours = new Map([
      [OURS, await countersign(join(folder, 'ours'))],
      [STEP_BY_STEP, await countersign(join(folder, 'step-by-step'), OUTSIDE)],
    ]);
    stops.unshift(...[...ours.values()].map((engine) => () => engine.kill()));
    const programs = new Map([...ours, ...peers]);
    const rows: Row[] = [];
    for (const concurrency of CONCURRENCIES) rows.push(...(await compared(programs, concurrency)));
    return rows;
  } finally {
    for (const stop of stops) await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function install(folder: string): void {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const parameters = ['install', '--no-audit', '--no-fund', '--prefix', folder, ...PACKAGES];
  const installed = spawnSync('npm', parameters, { encoding: 'utf8', cwd: folder });
  if (installed.status !== 0) throw new Error(`the peers cannot be installed: ${installed.stderr}`);
  for (const name of ['clients.js', 'restate.js', 'dbos.js'])
    copyFileSync(join(SOURCES, name), join(folder, name));
}

async function restate(folder: string): Promise<Program> {
  const data = join(folder, 'restate');
  mkdirSync(data);
  const platform = `restate-server-${process.platform}-${process.arch}`;
  const server = join(folder, 'node_modules/@restatedev', platform, 'bin/restate-server');
  if (!existsSync(server)) throw new Error(`there is no ${platform}`);
  return started(folder, 'restate.js', [data, server]);
}

async function started(folder: string, name: string, parameters: readonly string[]): Promise<Program> {
  const program = runProgram(join(folder, name), parameters);
  await program.said();
  return program;
}

async function countersign(folder: string, setting = ''): Promise<Program> {
  mkdirSync(folder);
  const program = runProgram(await bundled(ENGINE), ['approvals', folder, setting]);
  await program.said();
  return program;
}

/** Rounds of each of them in turns. */
async function compared(programs: ReadonlyMap<string, Program>, concurrency: number): Promise<Rows> {
  const names = [...programs.keys()];
  const figures = new Map<string, Figures[]>(names.map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, program] of programs) {
      await setTimeout(REST_MS);
      program.ask({ ...ROUND, concurrency });
      figures.get(name)?.push(await program.said());
    }
  }
  const of = (name: string, what: string) =>
    median((figures.get(name) ?? []).map((round) => Number(round[what])));
  const peers = names.filter((name) => name !== OURS && name !== STEP_BY_STEP);
  const best = peers.toSorted((a, b) => of(b, 'perSecond') - of(a, 'perSecond'))[0] ?? '';
  const at = `at concurrency ${concurrency}`;
  return [
    ...names.flatMap((name) => [
      { measured: `${name}: approvals ${at}`, value: of(name, 'perSecond'), unit: '/s' },
      { measured: `${name}: wake to done ${at}, p50`, value: of(name, 'p50'), unit: 'ms' },
      { measured: `${name}: wake to done ${at}, p99`, value: of(name, 'p99'), unit: 'ms' },
    ]),
    ...[OURS, STEP_BY_STEP].flatMap((name) =>
      (['perSecond', 'p50', 'p99'] as const).map((what) => ({
        measured: `${what} ${at}: ${name} by ${best}`,
        value: of(name, what) / of(best, what),
        unit: 'times',
      })),
    ),
  ];
}
