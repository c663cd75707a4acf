/**
 * Moves amounts between accounts until it is killed, eight transfers at a time, and prints the id of each that was
 * acknowledged. Started by crash.test.ts: `crash-child.ts <file> <run>`; begins when a line comes in.
 */
import { once } from 'node:events';
import { sqliteStore } from '../../../lib/adapters/sqlite/store.ts';
import { groupCommit, openDatabase } from '../../../lib/engine/database.ts';
import type { ItemKey, Store, Write } from '../../../lib/ports/store.ts';
import { ACCOUNTS, accountKey, journalKey } from './crash-accounts.ts';

const AT_ONCE = 8;

async function transfer(store: Store, id: string, amount: number): Promise<boolean> {
  const from = Math.floor(Math.random() * ACCOUNTS);
  const to = (from + 1 + Math.floor(Math.random() * (ACCOUNTS - 1))) % ACCOUNTS;
  const [source, target] = [accountKey(from), accountKey(to)];
  const moves = await Promise.all([moved(store, source, -amount), moved(store, target, amount)]);
  const entry: Write = {
    put: { ...journalKey(id), attributes: { from, to, amount } },
    when: [{ item: 'absent' }],
  };
  const { committed } = await store.commit([...moves, entry]);
  return committed;
}

async function moved(store: Store, account: ItemKey, by: number): Promise<Write> {
  const version = (await store.get(account))?.attributes.version;
  const unchanged = { attribute: 'version', is: 'equal', value: Number(version) } as const;
  return { update: account, when: [unchanged], add: { balance: by, version: 1 } };
}

async function work(store: Store, name: string): Promise<never> {
  for (let n = 0; ; n += 1) {
    const id = `${name}-${n}`;
    // A pipe is written to synchronously: what stands in it survives the kill.
    if (await transfer(store, id, 1 + (n % 7))) process.stdout.write(`${id}\n`);
  }
}

async function main(): Promise<void> {
  const [, , file = '', run = ''] = process.argv;
  process.stdin.once('end', () => process.exit());
  await once(process.stdin, 'data');
  const database = openDatabase(file);
  const store = sqliteStore(database, groupCommit(database));
  await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => work(store, `${run}-${n}`)));
}

void main();
