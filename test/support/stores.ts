import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dynamodbStore } from '../../lib/adapters/dynamodb/store.ts';
import { sqliteStore } from '../../lib/adapters/sqlite/store.ts';
import { groupCommit, openDatabase } from '../../lib/engine/database.ts';
import type { Store } from '../../lib/ports/store.ts';
import { createDynamodbTables } from './dynamodb-tables.ts';

/** An empty store that no other test sees. */
export interface OpenStore {
  readonly store: Store;
  /** Closes it and removes what it held. */
  close(): Promise<void>;
}

/** A store in a file of its own, in a temporary folder. */
export async function openSqliteStore(): Promise<OpenStore> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-store-'));
  const database = openDatabase(join(folder, 'store.db'));
  return {
    store: sqliteStore(database, groupCommit(database)),
    close: async () => {
      database.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/**
 * A store in two tables of its own.
 * @returns undefined where no DynamoDB is to be had: skip what needs it (`describe.skipIf`).
 */
export async function openDynamodbStore(): Promise<OpenStore | undefined> {
  const made = await createDynamodbTables();
  return made && { store: dynamodbStore(made.client, made.tables), close: () => made.drop() };
}
