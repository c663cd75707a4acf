import { describeStore } from '../../contracts/store.ts';
import { openSqliteStore } from '../../support/stores.ts';

describeStore('SQLite', { open: openSqliteStore });
