import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sqliteStore } from '../../../lib/adapters/sqlite/store.ts';
import { TransientError } from '../../../lib/domain/errors.ts';
import { groupCommit, openDatabase } from '../../../lib/engine/database.ts';
import { describeStore } from '../../contracts/store.ts';
import { openSqliteStore } from '../../support/stores.ts';

describeStore('SQLite', { open: openSqliteStore });

test('what comes after the database was closed is refused, and may be repeated elsewhere', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-closed-'));
  const database = openDatabase(join(folder, 'store.db'));
  const store = sqliteStore(database, groupCommit(database));
  const key = { table: 'main', partition: 'p', sort: 's' } as const;
  const late = store.commit([{ put: { ...key, attributes: {} }, when: [] }]);
  database.close();
  await expect(late).rejects.toBeInstanceOf(TransientError);
  await expect(store.get(key)).rejects.toBeInstanceOf(TransientError);
  await expect(store.query({ table: 'main', partition: 'p', limit: 1 })).rejects.toBeInstanceOf(
    TransientError,
  );
  rmSync(folder, { recursive: true });
});
