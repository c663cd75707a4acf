import { createMasterKey, readMasterKeys } from '../../lib/adapters/file/master-key.ts';
import { masterKeySealer } from '../../lib/adapters/file/sealer.ts';
import { createSigningKey, fileTokenSigner } from '../../lib/adapters/file/token-signer.ts';
import { systemClock } from '../../lib/adapters/system/clock.ts';
import { lineLog } from '../../lib/adapters/system/log.ts';
import { listen } from '../../lib/cli/http-server.ts';
import { DEFAULT_RESTORE_WINDOW } from '../../lib/domain/destruction.ts';
import { DEFAULT_AUTHORIZATION_WINDOW, DEFAULT_REAUTHORIZATION_WINDOW } from '../../lib/domain/instance.ts';
import { createApp } from '../../lib/http/app.ts';
import type { Context } from '../../lib/operations/context.ts';
import { initInstance } from '../../lib/operations/init-instance.ts';
import { toldStore } from '../../lib/operations/writings.ts';
import { workflowTasks } from '../../lib/workflow/tasks.ts';
import { memoryStore } from './memory-store.ts';
import { memoryWorkflow } from './memory-workflow.ts';

/*
 * The product's own routes and steps over memory: no database, no engine, no mail. Prints what `countersign init --json`
 * prints, and then where it listens. Parameters: a folder for its key files, and the people as ROLE=ADDRESS.
 */
const [folder = '', ...named] = process.argv.slice(2);
const people = named.map((one) => {
  const [role, email = ''] = one.split('=');
  return { email, roles: [role === 'manager' ? 'Manager' : 'Writer'] as const };
});
await createMasterKey(folder, {});
await createSigningKey(folder);
const { store, writings } = toldStore(memoryStore());
const signer = await fileTokenSigner(folder);
const http = await listen('127.0.0.1', 0);
const url = `http://127.0.0.1:${http.port}`;
const context: Context = {
  store,
  writings,
  workflow: memoryWorkflow(() => workflowTasks(context)),
  mailer: { send: async () => ({ delivered: true }) },
  mailSender: { send: () => {} },
  sealer: masterKeySealer(...(await readMasterKeys(folder, {}))),
  signer,
  checkpointSigner: signer,
  clock: systemClock,
  log: lineLog(process.stderr),
  settings: {
    publicUrl: url,
    crnScope: 'crn:v1:bluemix:public:kms:local:a/countersign',
    apiKeysByMail: true,
  },
};
const made = await initInstance(context, {
  name: 'bench',
  people,
  dualAuthorization: true,
  authorizationWindow: DEFAULT_AUTHORIZATION_WINDOW,
  reauthorizationWindow: DEFAULT_REAUTHORIZATION_WINDOW,
  restoreWindow: DEFAULT_RESTORE_WINDOW,
  trial: false,
});
if (!made.ok) throw new Error(`no instance: ${made.refusal.code}`);
const shown = made.value.people.map(({ person: { email }, apiKey }) => ({ email, apiKey }));
console.log(JSON.stringify({ instanceId: made.value.instance.id, people: shown }));
http.answerWith(createApp(context).fetch);
console.log(`ready: ${url}`);
