import { describeStore } from '../../contracts/store.ts';
import { openDynamodbStore } from '../../support/stores.ts';

// Opened before the suite is described: whether there is a DynamoDB decides whether the suite is skipped.
const opened = await openDynamodbStore();

describeStore('DynamoDB', { open: opened && (() => Promise.resolve(opened)) });
