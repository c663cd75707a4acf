import { join } from 'node:path';
import type { Hono } from 'hono';
import { embeddedWorkflow } from '../adapters/embedded/workflow.ts';
import { outboxFolder } from '../adapters/file/mailer.ts';
import { readMasterKey } from '../adapters/file/master-key.ts';
import { masterKeySealer } from '../adapters/file/sealer.ts';
import { CHECKPOINT_KEY_FILE, ensureCheckpointKey, fileTokenSigner } from '../adapters/file/token-signer.ts';
import { smtpMailer } from '../adapters/smtp/mailer.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { lineLog } from '../adapters/system/log.ts';
import { PermanentError, problemFields, TransientError } from '../domain/errors.ts';
import { type EngineClock, systemEngineClock } from '../engine/clock.ts';
import { openEngine } from '../engine/engine.ts';
import { createApp } from '../http/app.ts';
import { proxiedSource } from '../http/source.ts';
import type { Context } from '../operations/context.ts';
import { mailSender } from '../operations/mail-sender.ts';
import { sendNow } from '../operations/send-mails.ts';
import { sweep } from '../operations/sweep.ts';
import { toldStore } from '../operations/writings.ts';
import { outboxPages } from '../pages/outbox.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Workflow } from '../ports/workflow.ts';
import { workflowDefinition } from '../workflow/definition.ts';
import { workflowTasks } from '../workflow/tasks.ts';
import { carryOutOrder } from './administration.ts';
import { openControlSocket } from './control-socket.ts';
import type { DataFolder } from './data-folder.ts';
import { DEFAULT_HISTORY_RETENTION, historyRetention } from './history-retention.ts';
import { openShreddings } from './shreddings.ts';
import { stepFunctionsApi } from './step-functions-api.ts';
import { startSweeper } from './sweeper.ts';
import { tryMasterKey } from './try-master-key.ts';

/** What a CRN of this installation begins with: no region and no account of a cloud. */
const CRN_SCOPE = 'crn:v1:bluemix:public:kms:local:a/countersign';

/** How long `close` lets steps of the workflow finish, in milliseconds; what is cut off runs again after the next start. */
const STEPS_DRAIN = 2_000;
/** The same for mails that wait their turn; they are in the outbox. */
const MAILS_DRAIN = 1_000;
/** The same for calls of the Step Functions API, which take as long as the disk. */
const STEP_FUNCTIONS_DRAIN = 500;

export interface LocalOptions {
  /** Closed with the rest; still the caller's when opening fails. */
  readonly folder: DataFolder;
  /** Where people and clients reach this installation, without a slash at the end. */
  readonly publicUrl: string;
  /** Default: lines on standard error. */
  readonly log?: Log;
  /** The master key's, where it has one. */
  readonly passphrase?: string;
  /** Without it mail goes to `.eml` files in the folder's `outbox/`. */
  readonly smtp?: { readonly url: string; readonly from: string };
  /** Without it there is no page of the outbox. */
  readonly outboxPage?: { readonly secret: string; readonly allowedHosts: readonly string[] };
  /** True: a proxy stands in front and writes whom it saw into `x-forwarded-for`. */
  readonly trustProxy?: boolean;
  /** How long closed executions stay in the database, in seconds. Default 400 days. */
  readonly historyRetention?: number;
  /** The port of the engine's Step Functions API, on 127.0.0.1; 0: any free one. Without it there is no such API. */
  readonly stepFunctionsPort?: number;
  readonly clock?: Clock & EngineClock;
}

/** A running installation: the workflow goes on, the sweeper sweeps, `app` answers requests. */
export interface Local {
  readonly context: Context;
  readonly app: Hono;
  /** Where the Step Functions API listens, when it does. */
  readonly stepFunctionsPort?: number;
  /** Lets what runs finish for two seconds, then lets go of the folder. What was cut off is resumed at the next start. */
  close(): Promise<void>;
}

/**
 * Opens an installation on this machine: which adapter stands behind each port, in one place. Executions that were
 * waiting or running go on.
 *
 * @throws PermanentError when the folder is not set up, a key file or the SMTP settings cannot be used, or the port of
 * the Step Functions API cannot be taken.
 */
export async function openLocal(options: LocalOptions): Promise<Local> {
  const { folder, publicUrl, passphrase } = options;
  const { clock = { ...systemClock, ...systemEngineClock() }, log = lineLog(process.stderr) } = options;
  if (!(await folder.isSetUp())) throw new PermanentError(`${folder.path} is not initialised`);
  const shreddings = await openShreddings(folder.path, folder.store);
  const mail = chooseMailer(options);
  const masterKey = await readMasterKey(folder.path, passphrase === undefined ? {} : { passphrase });
  if ((await tryMasterKey(folder.database, masterKey)) === 'does not open') {
    throw new PermanentError(
      `the master.key in ${folder.path} is another installation's: put back the one that its keys were sealed under`,
    );
  }
  if ((await ensureCheckpointKey(folder.path)) === 'made') {
    log.info(`there was no ${CHECKPOINT_KEY_FILE}: a new key signs checkpoints from now on`);
  }
  // The engine runs tasks that need the context, whose workflow is that engine: it looks it up when it is called.
  let workflow: Workflow | undefined;
  const { store, writings } = toldStore(folder.store);
  const sender = mailSender((reference) => sendNow(context, reference), log);
  const context: Context = {
    store,
    writings,
    mailSender: sender,
    workflow: calledLater(() => workflow),
    mailer: mail.mailer,
    sealer: masterKeySealer(masterKey),
    signer: await fileTokenSigner(folder.path),
    checkpointSigner: await fileTokenSigner(folder.path, CHECKPOINT_KEY_FILE),
    clock,
    log,
    shreddings,
    settings: { publicUrl, crnScope: CRN_SCOPE, apiKeysByMail: options.smtp !== undefined },
  };
  const app = createApp(context, {
    extraRoutes: mail.pages,
    ...(options.trustProxy === true && { sourceOf: proxiedSource }),
  });
  const engine = openEngine({
    database: folder.database,
    commit: folder.commit,
    clock,
    definition: workflowDefinition((task) => task),
    functions: workflowTasks(context),
    stateMachineName: 'countersign',
    drainMilliseconds: STEPS_DRAIN,
    onError: (error, at) => log.error('the workflow engine failed', { ...at, ...problemFields(error) }),
  });
  workflow = embeddedWorkflow(engine);
  const { sealer } = context;
  const api = await stepFunctionsApi({ ...options, engine, clock, sealer, log }).catch(
    async (error: unknown) => {
      await engine.close();
      mail.close();
      throw error;
    },
  );
  const sweeper = startSweeper(() => sweep(context), clock, log);
  const { historyRetention: retention = DEFAULT_HISTORY_RETENTION } = options;
  const upkeep = startSweeper(historyRetention({ folder, clock, log, retention }), clock, log);
  const control = await openControlSocket(folder, (order) => carryOutOrder(context, order), log);
  const close = async () => {
    await api?.close(STEP_FUNCTIONS_DRAIN);
    await Promise.all([control.close(), sweeper.stop(), upkeep.stop(), engine.close()]);
    await atMost(sender.idle(), MAILS_DRAIN, clock);
    mail.close();
    folder.close();
  };
  return { context, app, close, ...(api === undefined ? {} : { stepFunctionsPort: api.port }) };
}

/** Resolves with the work, or when so many milliseconds are over. */
async function atMost(work: Promise<void>, milliseconds: number, clock: EngineClock): Promise<void> {
  let cancel = () => {};
  const over = new Promise<void>((resolve) => {
    cancel = clock.schedule(clock.now() + milliseconds, resolve);
  });
  await Promise.race([work, over]);
  cancel();
}

/** By SMTP where there is a server for it, else into the folder, which can have a page. */
function chooseMailer({ folder, smtp, outboxPage }: LocalOptions) {
  if (smtp !== undefined) {
    const mailer = smtpMailer(smtp);
    return { mailer, close: () => mailer.close(), pages: [] };
  }
  const outbox = outboxFolder(join(folder.path, 'outbox'));
  return {
    mailer: outbox,
    close: () => {},
    pages: outboxPage === undefined ? [] : [outboxPages(outbox, outboxPage)],
  };
}

function calledLater(find: () => Workflow | undefined): Workflow {
  const found = () => {
    const workflow = find();
    if (workflow === undefined) throw new TransientError('the workflow engine is still being opened');
    return workflow;
  };
  return {
    start: async (name, input) => found().start(name, input),
    wake: async (taskToken) => found().wake(taskToken),
    status: async (name) => found().status(name),
    stop: async (name, cause) => found().stop(name, cause),
    history: async (name, page) => found().history(name, page),
  };
}
