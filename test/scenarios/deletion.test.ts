import { afterAll } from 'vitest';
import { openDynamodbStore, openSqliteStore } from '../support/stores.ts';
import { openStory } from '../support/story.ts';
import { describeDeletion } from './deletion.ts';

for (const [name, openStore] of [
  ['SQLite', openSqliteStore],
  ['DynamoDB', openDynamodbStore],
] as const) {
  const opened = await openStore();
  afterAll(() => opened?.close());
  describeDeletion(`over ${name}`, opened && (() => openStory({ store: opened.store })));
}
