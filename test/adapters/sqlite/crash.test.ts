import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sqliteStore } from '../../../lib/adapters/sqlite/store.ts';
import { groupCommit, openDatabase } from '../../../lib/engine/database.ts';
import type { Attributes, Item, Query, Store } from '../../../lib/ports/store.ts';
import { ACCOUNTS, accountKey } from './crash-accounts.ts';

const KILLS = 25;
const OPENING_BALANCE = 1000;

const folder = mkdtempSync(join(tmpdir(), 'countersign-crash-'));
const file = join(folder, 'store.db');
// Bundled once: a child is then up in a tenth of the time that it takes to load its sources.
const program = join(folder, 'crash-child.cjs');
const children = new Set<ChildProcess>();

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

async function opened<T>(use: (store: Store) => Promise<T>): Promise<T> {
  const database = openDatabase(file);
  try {
    return await use(sqliteStore(database, groupCommit(database)));
  } finally {
    database.close();
  }
}

beforeAll(async () => {
  buildSync({
    entryPoints: [join(import.meta.dirname, 'crash-child.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['libsql'],
  });
  await opened((store) =>
    store.commit(
      Array.from({ length: ACCOUNTS }, (_, number) => ({
        put: { ...accountKey(number), attributes: { balance: OPENING_BALANCE, version: 0 } },
        when: [{ item: 'absent' }],
      })),
    ),
  );
});

/** Loads its modules while the one before it still works, and begins when it is told to. */
function startChild(run: number): {
  readonly child: ChildProcess;
  readonly acknowledged: () => readonly string[];
} {
  const child = spawn(process.execPath, [program, file, `${run}`], {
    env: { ...process.env, NODE_PATH: join(import.meta.dirname, '../../../node_modules') },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.add(child);
  const chunks: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  // The last line may be cut off by the kill.
  return { child, acknowledged: () => chunks.join('').split('\n').slice(0, -1) };
}

/** Lets it work for a moment that is different each time, beginning with its first acknowledgement. */
async function workThenKill({
  child,
  acknowledged,
}: ReturnType<typeof startChild>): Promise<readonly string[]> {
  const closed = once(child, 'close');
  const first = once(child.stdout ?? child, 'data');
  child.stdin?.write('begin\n');
  const cameUp = await Promise.race([first.then(() => true), closed.then(() => false)]);
  expect(cameUp).toBe(true);
  await sleep(Math.random() * 120);
  child.kill('SIGKILL');
  const [, signal] = (await closed) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
  children.delete(child);
  return acknowledged();
}

async function readAll(store: Store, partition: string): Promise<readonly Item[]> {
  const items: Item[] = [];
  let after: string | undefined;
  do {
    const query: Query = { table: 'main', partition, limit: 1000, ...(after !== undefined && { after }) };
    const page = await store.query(query);
    items.push(...page.items);
    after = page.cursor;
  } while (after !== undefined);
  return items;
}

/** The accounts as the journal says that they must be: every transfer whole, or not at all. */
function accountsBy(journal: readonly Item[]): Attributes[] {
  const accounts = Array.from({ length: ACCOUNTS }, () => ({ balance: OPENING_BALANCE, version: 0 }));
  const move = (account: number, by: number) => {
    const { balance, version } = accounts[account] ?? { balance: 0, version: 0 };
    accounts[account] = { balance: balance + by, version: version + 1 };
  };
  for (const { attributes } of journal) {
    move(Number(attributes.from), -Number(attributes.amount));
    move(Number(attributes.to), Number(attributes.amount));
  }
  return accounts;
}

test(`killed ${KILLS} times at any moment, the store has lost nothing acknowledged and half done nothing`, async () => {
  const acknowledged: string[] = [];
  let child = startChild(0);
  for (let run = 1; run <= KILLS; run += 1) {
    const next = startChild(run);
    const inThisRun = await workThenKill(child);
    expect(inThisRun.length).toBeGreaterThan(0);
    acknowledged.push(...inThisRun);
    await opened(async (store) => {
      const journal = await readAll(store, 'journal');
      const written = new Set(journal.map(({ sort }) => sort));
      expect(acknowledged.filter((id) => !written.has(id))).toEqual([]);
      const accounts = await readAll(store, 'accounts');
      expect(accounts.map(({ attributes }) => attributes)).toEqual(accountsBy(journal));
    });
    child = next;
  }
}, 60_000);
