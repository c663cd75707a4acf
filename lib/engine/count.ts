import { type Database, demandOpen } from './database.ts';

/**
 * @returns counts the executions that are neither closed nor stopped, from an index alone.
 * @throws DatabaseError when the database is closed.
 */
export function openExecutions(database: Database): () => number {
  const count = database.prepare('SELECT count(*) FROM engine_execution WHERE wake IS NOT NULL').raw();
  return () => {
    demandOpen(database);
    const row: unknown = count.get();
    return Array.isArray(row) ? Number(row[0]) : 0;
  };
}
