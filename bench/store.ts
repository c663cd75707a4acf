import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { sqliteStore } from '../lib/adapters/sqlite/store.ts';
import { type Database, groupCommit, openDatabase } from '../lib/engine/database.ts';
import type { Attributes, ItemKey, Store, Write } from '../lib/ports/store.ts';
import { median, type Rows } from './rows.ts';

const CONCURRENCIES = [1, 32, 256];
const ROUNDS = 3;
const ROUND_MS = 400;

/**
 * Commits a second of the SQLite store, each of them a decision: one item updated under three conditions, one made, one
 * checked. The floor writes as many rows of as many bytes into a bare table, a transaction for each group of them.
 */
export async function benchStore(): Promise<Rows> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  const database = openDatabase(join(folder, 'store.db'));
  try {
    const store = sqliteStore(database, groupCommit(database));
    const bare = bareGroups(database);
    const most = Math.max(...CONCURRENCIES);
    await makeItems(store, most);
    const rows = [];
    for (const concurrency of CONCURRENCIES) {
      const [values, floors]: [number[], number[]] = [[], []];
      // Interleaved, since a disk that has been written to for a while slows down for both.
      for (let round = 0; round < ROUNDS; round += 1) {
        floors.push(await perSecond(concurrency, () => bare(concurrency)));
        values.push(await decisionsPerSecond(store, concurrency));
      }
      const measured = `SQLite store, concurrency ${concurrency}`;
      rows.push({ measured, value: median(values), unit: 'commits/s', floor: median(floors) });
    }
    return rows;
  } finally {
    database.close();
    rmSync(folder, { recursive: true });
  }
}

const PERSON: ItemKey = { table: 'main', partition: 'people', sort: 'person' };
const subject = (n: number): ItemKey => ({ table: 'main', partition: `key-${n}`, sort: 'authorization' });

const AUTHORIZATION: Attributes = { status: 'pending', windowEndsAt: 2e12, manifest: 'm'.repeat(500) };
const EVENT: Attributes = { what: 'approved', by: 'person', digest: 'd'.repeat(350) };

async function makeItems(store: Store, count: number): Promise<void> {
  await store.commit([{ put: { ...PERSON, attributes: { role: 'Manager' } }, when: [] }]);
  for (let n = 0; n < count; n += 1) {
    await store.commit([{ put: { ...subject(n), attributes: { ...AUTHORIZATION, version: 0 } }, when: [] }]);
  }
}

function decision(n: number, version: number, event: string): readonly Write[] {
  return [
    {
      update: subject(n),
      when: [
        { attribute: 'status', is: 'equal', value: 'pending' },
        { attribute: 'windowEndsAt', is: 'greater', value: 1e12 },
        { attribute: 'version', is: 'equal', value: version },
      ],
      add: { version: 1 },
    },
    {
      put: { table: 'main', partition: `key-${n}`, sort: event, attributes: EVENT },
      when: [{ item: 'absent' }],
    },
    { check: PERSON, when: [{ attribute: 'role', is: 'equal', value: 'Manager' }] },
  ];
}

async function decisionsPerSecond(store: Store, concurrency: number): Promise<number> {
  const began = performance.now();
  const ends = began + ROUND_MS;
  const decide = async (n: number): Promise<number> => {
    const { attributes } = (await store.get(subject(n))) ?? { attributes: { version: 0 } };
    const first = Number(attributes.version);
    let version = first;
    for (; performance.now() < ends; version += 1) {
      const { committed } = await store.commit(decision(n, version, `event-${version}`));
      if (!committed) throw new Error('a decision without a rival was not committed');
    }
    return version - first;
  };
  const counts = await Promise.all(Array.from({ length: concurrency }, (_, n) => decide(n)));
  return perSecondOf(
    counts.reduce((sum, count) => sum + count, 0),
    began,
  );
}

const perSecondOf = (count: number, began: number): number => (count * 1000) / (performance.now() - began);

async function perSecond(countEach: number, work: () => void): Promise<number> {
  const began = performance.now();
  let count = 0;
  for (; performance.now() < began + ROUND_MS; count += countEach) {
    work();
    await turn();
  }
  return perSecondOf(count, began);
}

/** Writes a group of decisions' two rows each, in one transaction, without a question or an index. */
function bareGroups(database: Database): (groupSize: number) => void {
  database.exec('CREATE TABLE bare (content TEXT NOT NULL)');
  const insert = database.prepare('INSERT INTO bare (content) VALUES (?)');
  const contents = [{ ...AUTHORIZATION, version: 1000 }, EVENT].map((attributes) =>
    JSON.stringify(attributes),
  );
  return (groupSize) => {
    database.exec('BEGIN IMMEDIATE');
    for (let n = 0; n < groupSize; n += 1) for (const content of contents) insert.run(content);
    database.exec('COMMIT');
  };
}
