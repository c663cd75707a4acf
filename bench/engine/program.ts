import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout, setImmediate as turn } from 'node:timers/promises';
import { openDatabase } from '../../lib/engine/database.ts';
import { quantile } from '../rows.ts';
import { type Approvals, OUTSIDE, openApprovals, RECORD_BYTES, RECORDS } from './workload.ts';

/*
 * What is measured, in a process of its own. `argv`: what, the folder, a number, a token; answers by messages.
 */

const [what, folder = '', given = '0', token = ''] = process.argv.slice(2);
const file = join(folder, 'engine.db');
const say = (message: object): void => void process.send?.(message);

const RUNS: Readonly<Record<string, (count: number) => Promise<void>>> = {
  approvals,
  floor: async (concurrency) => say(await floor(concurrency)),
  fill,
  resume,
};

const FLOOR_MS = 1_500;

export interface Round {
  readonly concurrency: number;
  /** In milliseconds: before anything counts, and what counts. */
  readonly warmUp: number;
  readonly milliseconds: number;
}

/** Measures a round for each message, on one engine that stays open, until it is asked for none. */
function approvals(): Promise<void> {
  const opened = openApprovals(file, given !== OUTSIDE);
  let count = 0;
  process.on('message', (asked: Round) => {
    if (asked.concurrency === 0) {
      void opened.close().then(() => say({ bytesEach: statSync(file).size / count }));
      return;
    }
    void measured(opened, asked).then(({ all, ...figures }) => {
      count += all;
      say(figures);
    });
  });
  say({ ready: true });
  return Promise.resolve();
}

let rounds = 0;

/** So many clients, each of whom has one approval after another. */
async function measured(opened: Approvals, { concurrency, warmUp, milliseconds }: Round) {
  rounds += 1;
  const runFor = (name: string, duration: number) =>
    together(concurrency, (client) => clientUntil(opened, `${name}-${rounds}-${client}`, duration));
  const warm = await runFor('warm', warmUp);
  const [began, processor] = [performance.now(), process.cpuUsage()];
  const waits = (await runFor('client', milliseconds)).flat();
  const seconds = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(processor);
  return {
    all: waits.length + warm.flat().length,
    perSecond: waits.length / seconds,
    p50: quantile(waits, 0.5),
    p99: quantile(waits, 0.99),
    processorMicroseconds: (user + system) / waits.length,
  };
}

/** @returns how long each took from wake to done, in milliseconds. */
async function clientUntil(opened: Approvals, name: string, milliseconds: number): Promise<number[]> {
  const waits: number[] = [];
  const ends = performance.now() + milliseconds;
  for (let n = 0; performance.now() < ends; n += 1) {
    const id = `${name}-${n}`;
    const handedOver = await opened.request(id);
    const woken = performance.now();
    await opened.approve(id, handedOver);
    waits.push(performance.now() - woken);
  }
  return waits;
}

const together = <T>(count: number, run: (n: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => run(n)));

/** As many approvals' records into a bare table: each client has one in every transaction, and nothing else is done. */
async function floor(concurrency: number): Promise<object> {
  const database = openDatabase(file);
  database.exec('CREATE TABLE bare (content TEXT NOT NULL)');
  const insert = database.prepare('INSERT INTO bare (content) VALUES (?)');
  const content = 'x'.repeat(RECORD_BYTES);
  const commits: number[] = [];
  const began = performance.now();
  while (performance.now() < began + FLOOR_MS) {
    const from = performance.now();
    database.exec('BEGIN IMMEDIATE');
    for (let n = 0; n < concurrency; n += 1) insert.run(content);
    database.exec('COMMIT');
    commits.push(performance.now() - from);
    await turn();
  }
  const seconds = (performance.now() - began) / 1_000;
  database.close();
  return {
    perSecond: (commits.length * concurrency) / RECORDS / seconds,
    // From wake to done are two records.
    p50: 2 * quantile(commits, 0.5),
    p99: 2 * quantile(commits, 0.99),
  };
}

const FILLED_TOGETHER = 32;
const SETTLE_MS = 2_000;
const IDLE_MS = 5_000;
/** V8 gives back what starting them took when it sees that little happens, some half a minute later. */
const LATER_MS = 60_000;

/** So many that wait; then what they cost while nothing happens. Stays until it is killed. */
async function fill(count: number): Promise<void> {
  const opened = openApprovals(file);
  const first = await opened.request('first');
  let next = 1;
  await together(FILLED_TOGETHER, async () => {
    for (let n = next++; n < count; n = next++) await opened.request(`waiting-${n}`);
  });
  await setTimeout(SETTLE_MS);
  const [began, processor] = [performance.now(), process.cpuUsage()];
  await setTimeout(IDLE_MS);
  const { user, system } = process.cpuUsage(processor);
  const idlePercent = (user + system) / 10 / (performance.now() - began);
  const residentMegabytes = process.memoryUsage.rss() / 1e6;
  await setTimeout(LATER_MS);
  say({ token: first, idlePercent, residentMegabytes, laterMegabytes: process.memoryUsage.rss() / 1e6 });
}

/** After a kill: wakes one and says when it is done; then what it costs to hold the others. */
async function resume(): Promise<void> {
  const opened = openApprovals(file);
  await opened.approve('first', token);
  say({ done: true });
  await setTimeout(SETTLE_MS);
  const residentMegabytes = process.memoryUsage.rss() / 1e6;
  await opened.close();
  say({ residentMegabytes, bytes: statSync(file).size });
}

await RUNS[what ?? '']?.(Number(given));
