import { DBOS } from '@dbos-inc/dbos-sdk';
import { measure, serveRounds } from './clients.js';

/* One approval on DBOS: a durable step, a message that is waited for, a durable step. On a PostgreSQL of its own. */

const [databaseUrl] = process.argv.slice(2);

const approval = DBOS.registerWorkflow(
  async () => {
    await DBOS.runStep(async () => ({ status: 'pending' }), { name: 'record' });
    await DBOS.recv('decision', 604_800);
    await DBOS.runStep(async () => ({ status: 'consumed' }), { name: 'delete' });
    return { status: 'consumed' };
  },
  { name: 'approval' },
);

DBOS.setConfig({ name: 'bench', systemDatabaseUrl: databaseUrl, logLevel: 'error', runAdminServer: false });
await DBOS.launch();

const request = (id) => DBOS.startWorkflow(approval, { workflowID: id })();

async function approve(handle) {
  await DBOS.send(handle.workflowID, { status: 'approved' }, 'decision');
  await handle.getResult();
}

serveRounds((round) => measure(round, { request, approve }));
