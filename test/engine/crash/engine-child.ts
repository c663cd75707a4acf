import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineClock } from '../../../lib/engine/clock.ts';
import { groupCommit, openDatabase } from '../../../lib/engine/database.ts';
import { type Engine, EngineError, openEngine } from '../../../lib/engine/engine.ts';
import type { FaultPoint } from '../../../lib/engine/faults.ts';
import { openRetention } from '../../../lib/engine/retention.ts';
import { fastClock } from './clock.ts';
import {
  DEFINITION,
  deedsInside,
  type Fate,
  fateOf,
  functionsOf,
  inputOf,
  inside,
  type World,
  world,
} from './world.ts';

// Starts executions from some clients at once and answers their tokens, until it is killed, or kills itself at a point.

/** What is asked of the child, as JSON in its only argument. */
export interface Order {
  readonly path: string;
  /** When the fast clock began. */
  readonly origin: number;
  /** Different each time, so that no name comes twice. */
  readonly round: number;
  readonly point?: FaultPoint;
  /** At which time that it comes to the point. */
  readonly nth: number;
}

const CLIENTS = 4;
/** In milliseconds of the real clock. */
const LONGEST_PAUSE = 20;
const SWEEP_EVERY = 40;
const FAILS_EVERY = 20;
const CLOSES_AFTER = 150;
/** Of the fast clock. */
const RETENTION = 20_000;

const soon = () => sleep(Math.random() * LONGEST_PAUSE);

async function live(order: Order): Promise<void> {
  const outside = world(order.path);
  outside.mend();
  const clock = fastClock(order.origin);
  const armed = order.point === undefined ? {} : { fault: killedAt(order.point, order.nth) };
  const database = openDatabase(order.path, armed.fault);
  const commit = groupCommit(database, armed.fault);
  // In every other life the functions have no effect outside the database, and none waits for the disk.
  const isInside = order.round % 2 === 0;
  const notes = inside(database, commit);
  const functions = functionsOf(
    isInside ? notes : outside,
    (name, token) => void soon().then(() => answer(name, token)),
  );
  const insideDatabase = isInside ? Object.keys(functions) : [];
  // Fewer tasks than are needed: some wait for their turn, and are replayed for it.
  const few = { maxConcurrentTasks: 3, taskTimeoutSeconds: 10_000 };
  const how = { functions, insideDatabase, ...few, ...armed };
  const engine = openEngine({ database, commit, clock, definition: DEFINITION, ...how });
  const answer = answering(engine, outside, clock);
  writeSync(1, 'ready\n');

  // Tokens from before the last kill are as good as new ones.
  for (const { deed, name, token } of [
    ...outside.deeds().slice(-500),
    ...deedsInside(database).slice(-500),
  ]) {
    if (deed === 'handed' && token !== undefined) void answer(name, token);
  }
  const keep = async (executions: readonly object[]) => outside.keep(executions);
  const retention = openRetention({ database, commit, keep, ...armed });
  void again(SWEEP_EVERY, () => retention.sweep(clock.now() - RETENTION));
  // A work that fails takes back the group that it is in, whose other works are done again.
  void again(FAILS_EVERY, () => commit(changeOfMind).catch(() => {}));
  let next = order.round * 1_000_000;
  for (let client = 0; client < CLIENTS; client += 1) void startMany(engine, outside, () => `e${next++}`);
  if (order.point?.includes('drained')) await closeSoon(engine);
}

/** What kills this process when it comes to the point for the nth time. */
function killedAt(armed: FaultPoint, nth: number): (point: FaultPoint) => void {
  let passed = 0;
  return (point) => {
    if (point !== armed) return;
    passed += 1;
    if (passed < nth) return;
    writeSync(1, 'hit\n');
    process.kill(process.pid, 'SIGKILL');
  };
}

/** Does with a token what the execution's fate is, and notes what was acknowledged. */
function answering(engine: Engine, { note }: World, clock: EngineClock) {
  const succeed = async (name: string, token: string) => {
    await engine.sendTaskSuccess(token, { answered: name });
    note({ deed: 'answered', name });
  };
  const answers: Partial<Record<Fate, typeof succeed>> = {
    answered: succeed,
    long: succeed,
    async beating(name, token) {
      const at = clock.now();
      await engine.sendTaskHeartbeat(token);
      note({ deed: 'beaten', name, at });
      await soon();
      await succeed(name, token);
    },
    async denied(name, token) {
      await engine.sendTaskFailure(token, { error: 'Denied', cause: name });
      note({ deed: 'denied', name });
    },
    async stopped(name) {
      await engine.stop(name, { cause: 'stopped' });
      note({ deed: 'stopped', name });
    },
  };
  return async (name: string, token: string): Promise<void> => {
    try {
      await answers[fateOf(name)]?.(name, token);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
    }
  };
}

async function startMany(engine: Engine, { note }: World, nextName: () => string): Promise<void> {
  for (;;) {
    const name = nextName();
    try {
      await engine.start(name, inputOf(name));
    } catch (error) {
      if (error instanceof EngineError) return;
      throw error;
    }
    note({ deed: 'started', name });
    await soon();
  }
}

async function again(every: number, work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    await sleep(every);
    await work();
  }
}

const changeOfMind = () => {
  throw new Error('changed my mind');
};

async function closeSoon(engine: Engine): Promise<void> {
  await sleep(CLOSES_AFTER);
  await engine.close();
  process.exit();
}

// Its modules are loaded while the child before it still works.
process.stdin.once('data', () => void live(JSON.parse(process.argv[2] ?? '{}')));
