import { afterAll } from 'vitest';
import { openDynamodbStore, openSqliteStore } from '../support/stores.ts';
import { openStory } from '../support/story.ts';
import { describeRotation } from './rotation.ts';

for (const [name, openStore] of [
  ['SQLite', openSqliteStore],
  ['DynamoDB', openDynamodbStore],
] as const) {
  const opened = await openStore();
  afterAll(() => opened?.close());
  describeRotation(`over ${name}`, opened && (() => openStory({ store: opened.store })));
}
