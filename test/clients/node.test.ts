import { afterAll } from 'vitest';
import { openInstallation } from './installation.ts';
import { describeDeletion } from './node/deletion.ts';
import { describeExample } from './node/example.ts';
import { describeImport } from './node/import.ts';
import { describeLife } from './node/life.ts';
import { describeOrder } from './node/order.ts';
import { describePolicies } from './node/policies.ts';
import { describeRefusals } from './node/refusals.ts';
import { openSession } from './node/session.ts';

// One server for all of it, as a team has one: to start it costs as much as everything that is done with it.
const session = openSession(await openInstallation(afterAll));

describeLife(session);
describeDeletion(session);
describeOrder(session);
describePolicies(session);
describeImport(session);
describeRefusals(session);
describeExample(session);
