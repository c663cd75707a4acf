import { writeSync } from 'node:fs';
import { groupCommit, openDatabase } from '../../../lib/engine/database.ts';

// Commits rows from four writers at once, and says each row's number once its commit is acknowledged.
const [path = ''] = process.argv.slice(2);
const database = openDatabase(path);
const commit = groupCommit(database);
database.exec('CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY) STRICT');
const insert = database.prepare('INSERT INTO t (id) VALUES (?)');
writeSync(1, 'ready\n');

let next = Number(database.prepare('SELECT coalesce(max(id), 0) FROM t').pluck().all()[0]);
async function write(): Promise<void> {
  for (;;) {
    next += 1;
    const id = next;
    await commit(() => void insert.run(id));
    writeSync(1, `${id}\n`);
  }
}
await Promise.all([write(), write(), write(), write()]);
