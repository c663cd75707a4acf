import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildSync } from 'esbuild';
import { groupCommit, openDatabase } from '../../../lib/engine/database.ts';
import { openEngine } from '../../../lib/engine/engine.ts';
import type { FaultPoint } from '../../../lib/engine/faults.ts';
import { fastClock } from './clock.ts';
import type { Order } from './engine-child.ts';
import { type Invariants, invariants } from './invariants.ts';
import { DEFINITION, functionsOf, type World, world } from './world.ts';

const NODE_MODULES = join(import.meta.dirname, '../../../node_modules');
/** A child that has not come to its point by then does not. */
const POINT_LIMIT_MS = 20_000;
/** How many processes load their modules while one works. */
const AHEAD = 3;
const DAY = 86_400_000;

/** One life of the engine's process: until it comes to a point, or for so long. */
export type Life = { readonly point: FaultPoint; readonly nth: number } | { readonly milliseconds: number };

export interface Outcome {
  readonly kills: number;
  readonly executions: number;
  /** Each point, and how often a process died there. */
  readonly hits: ReadonlyMap<FaultPoint, number>;
  /** What is wrong, after which life; empty when everything holds. */
  readonly problems: readonly string[];
}

/** The child as one file, so that it is up in a tenth of the time. @returns its path. */
export function bundledChild(folder: string): string {
  const outfile = join(folder, 'engine-child.cjs');
  const entryPoints = [join(import.meta.dirname, 'engine-child.ts')];
  buildSync({ entryPoints, outfile, bundle: true, platform: 'node', format: 'cjs', external: ['libsql'] });
  return outfile;
}

/**
 * One database through so many lives, each of which ends with SIGKILL; what must hold is checked after each of them,
 * and once more when everything that was begun has ended. Stops at the first problem.
 *
 * @param folder where everything is; the caller's to remove.
 * @param program of `bundledChild`.
 */
export async function campaign(folder: string, program: string, lives: readonly Life[]): Promise<Outcome> {
  const origin = Date.now();
  const path = join(folder, 'engine.db');
  const outside = world(path);
  const holding = invariants(outside);
  const hits = new Map<FaultPoint, number>();
  const outcome = (problems: readonly string[], kills: number): Outcome => {
    const started = new Set(outside.deeds().map(({ name }) => name));
    return { kills, executions: started.size, hits, problems };
  };
  const order = (life: Life, round: number): Order => ({
    ...('point' in life ? life : { nth: 0 }),
    path,
    origin,
    round,
  });
  const waiting: Child[] = [];
  const loadAhead = (from: number) => {
    for (let round = from + waiting.length; round < Math.min(from + AHEAD, lives.length); round += 1) {
      const life = lives[round];
      if (life !== undefined) waiting.push(child(program, order(life, round + 1)));
    }
  };
  for (const [position, life] of lives.entries()) {
    loadAhead(position);
    const current = waiting.shift();
    if (current === undefined) break;
    current.begin();
    const hit = await current.dies(life);
    if (hit && 'point' in life) hits.set(life.point, (hits.get(life.point) ?? 0) + 1);
    const problems = await checkCopy(path, holding);
    if (problems.length > 0) {
      for (const one of waiting) one.end();
      const how = 'point' in life ? `at "${life.point}", ${life.nth}` : `after ${life.milliseconds} ms`;
      return outcome(
        problems.map((problem) => `life ${position + 1}, killed ${how}: ${problem}`),
        position + 1,
      );
    }
  }
  return outcome(await settle({ path, origin, outside, holding }), lives.length);
}

type Child = ReturnType<typeof child>;

/** A process that waits with its modules loaded. */
function child(program: string, order: Order) {
  const process_ = spawn(process.execPath, [program, JSON.stringify(order)], {
    env: { ...process.env, NODE_PATH: NODE_MODULES },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = once(process_, 'close');
  process_.stdin.on('error', () => {}); // It ended before it was told to begin.
  let said = '';
  const spoke = new Promise<void>((resolve) => {
    process_.stdout.on('data', (chunk) => {
      said += String(chunk);
      if (said.includes('ready')) resolve();
    });
  });
  return {
    begin: () => void process_.stdin.write('begin\n'),
    end: () => void process_.kill('SIGKILL'),
    /** @returns whether it came to its point. */
    async dies(life: Life): Promise<boolean> {
      if ('milliseconds' in life) {
        await Promise.race([spoke, closed]);
        await Promise.race([sleep(life.milliseconds), closed]);
      } else {
        await Promise.race([closed, sleep(POINT_LIMIT_MS)]);
      }
      process_.kill('SIGKILL');
      await closed;
      return said.includes('hit');
    },
  };
}

/** On a copy: the next process is to find the files as the kill has left them. */
async function checkCopy(path: string, holding: Invariants): Promise<readonly string[]> {
  const folder = `${path}.copy`;
  mkdirSync(folder);
  const copy = join(folder, 'engine.db');
  for (const part of ['', '-wal', '-journal']) {
    if (existsSync(path + part)) copyFileSync(path + part, copy + part);
  }
  const database = openDatabase(copy);
  try {
    return await holding.check(database, false);
  } finally {
    database.close();
    rmSync(folder, { recursive: true });
  }
}

interface Settling {
  readonly path: string;
  readonly origin: number;
  readonly outside: World;
  readonly holding: Invariants;
}

/** A last engine that nobody kills, a day later: everything that was waiting ends. */
async function settle({ path, origin, outside, holding }: Settling): Promise<readonly string[]> {
  outside.mend();
  const database = openDatabase(path);
  const problems: string[] = [];
  const engine = openEngine({
    database,
    commit: groupCommit(database),
    clock: fastClock(origin, DAY),
    definition: DEFINITION,
    functions: functionsOf(outside, () => {}),
    onError: (error, { step }) => problems.push(`${step}: ${String(error)}`),
  });
  const running = database.prepare(`SELECT count(*) FROM engine_execution WHERE status = 'RUNNING'`).pluck();
  const gaveUp = Date.now() + 20_000;
  while (Number(running.all()[0]) > 0 && Date.now() < gaveUp) await sleep(20);
  await engine.close();
  problems.push(...(await holding.check(database, true)));
  database.close();
  return problems;
}
