import { join } from 'node:path';
import type { Hono } from 'hono';
import { startingCommit } from '../adapters/embedded/starting-commit.ts';
import { wakingCommit } from '../adapters/embedded/waking-commit.ts';
import { embeddedWorkflow } from '../adapters/embedded/workflow.ts';
import { outboxFolder } from '../adapters/file/mailer.ts';
import { finishMasterKeyFile, readMasterKeys } from '../adapters/file/master-key.ts';
import { masterKeyId, masterKeySealer } from '../adapters/file/sealer.ts';
import { CHECKPOINT_KEY_FILE, ensureCheckpointKey, fileTokenSigner } from '../adapters/file/token-signer.ts';
import type { OidcOptions } from '../adapters/oidc/issuer.ts';
import { DEFAULT_CONNECTIONS, smtpMailer } from '../adapters/smtp/mailer.ts';
import { sqliteEventFeed } from '../adapters/sqlite/event-feed.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { lineLog } from '../adapters/system/log.ts';
import { PermanentError, problemFields, TransientError } from '../domain/errors.ts';
import { MINUTE } from '../domain/time.ts';
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
import type { KeyProviders } from '../ports/key-provider.ts';
import type { Log } from '../ports/log.ts';
import type { StartingCommit, WakingCommit } from '../ports/store.ts';
import type { Workflow } from '../ports/workflow.ts';
import { workflowDefinition } from '../workflow/definition.ts';
import { workflowTasks } from '../workflow/tasks.ts';
import { carryOutOrder } from './administration.ts';
import { openControlSocket } from './control-socket.ts';
import type { DataFolder } from './data-folder.ts';
import { carryOutEventOrder, eventOrderOf } from './event-orders.ts';
import { type Events, type EventsOptions, openSinks, startEvents } from './events.ts';
import { DEFAULT_HISTORY_RETENTION, historyRetention } from './history-retention.ts';
import { localInstallation } from './installation.ts';
import { masterKeyOrderOf, masterKeyOrders } from './master-key-order.ts';
import { localMeasures } from './measures.ts';
import { localMetrics } from './metrics.ts';
import { identityOf } from './oidc.ts';
import { localReadiness } from './readiness.ts';
import { refusingRetiredSeals } from './retired-seals.ts';
import { newSeen } from './seen.ts';
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
/** The same for events on their way to a sink; they are delivered again. */
const EVENTS_DRAIN = 500;
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
  readonly smtp?: { readonly url: string; readonly from: string; readonly connections?: number };
  /** Without it there is no page of the outbox. */
  readonly outboxPage?: { readonly secret: string; readonly allowedHosts: readonly string[] };
  /** True: a proxy stands in front and writes whom it saw into `x-forwarded-for`. */
  readonly trustProxy?: boolean;
  /** How long closed executions stay in the database, in seconds. Default 400 days. */
  readonly historyRetention?: number;
  /** How often every Manager is asked whether they can still approve, in seconds. Absent: when somebody starts it. */
  readonly drillEvery?: number;
  /** The port of the engine's Step Functions API, on 127.0.0.1; 0: any free one. Without it there is no such API. */
  readonly stepFunctionsPort?: number;
  /** Where keys live that do not live in the folder. */
  readonly providers?: KeyProviders;
  /** An OIDC issuer that says who somebody is. Default: API keys alone do. */
  readonly oidc?: OidcOptions | undefined;
  /** Where the events of the audit trail go as they happen. Default: nowhere. */
  readonly events?: EventsOptions;
  readonly clock?: Clock & EngineClock;
}

/** A running installation: the workflow goes on, the sweeper sweeps, `app` answers requests. */
export interface Local {
  readonly context: Context;
  readonly app: Hono;
  /** Reads the metrics of now, as OpenMetrics text. */
  readonly metrics: () => Promise<string>;
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
  const sinks = await openSinks(options.events ?? { to: [] }, clock);
  const seen = newSeen(clock);
  const measures = localMeasures();
  const shreddings = await openShreddings(folder.path, folder.store);
  const mail = chooseMailer(options);
  await finishMasterKeyFile(folder.path);
  const masterKeys = await readMasterKeys(folder.path, passphrase === undefined ? {} : { passphrase });
  const sealer = masterKeySealer(...masterKeys);
  if ((await tryMasterKey(folder.database, sealer)) === 'does not open') {
    throw new PermanentError(
      `the master.key in ${folder.path} is another installation's: put back the one that its keys were sealed under`,
    );
  }
  if (masterKeys.length > 1) {
    log.info('the rotation of the master key is not finished: run countersign rotate-master-key', {
      masterKey: masterKeyId(masterKeys[0]),
    });
  }
  if ((await ensureCheckpointKey(folder.path)) === 'made') {
    log.info(`there was no ${CHECKPOINT_KEY_FILE}: a new key signs checkpoints from now on`);
  }
  // The engine runs tasks that need the context, whose workflow is that engine: it looks it up when it is called.
  let workflow: Workflow | undefined;
  let waking: WakingCommit | undefined;
  let starting: StartingCommit | undefined;
  let events: Events | undefined;
  const guarded = refusingRetiredSeals(folder.store);
  const { store, writings, told } = toldStore(
    guarded.store,
    seen.committed(() => events?.poke()),
  );
  const sender = mailSender({
    sendNow: (reference) => sendNow(context, reference),
    // The sweeper sends as well: no mail waits for a connection.
    lanes: Math.max(1, (options.smtp?.connections ?? DEFAULT_CONNECTIONS) - 1),
    log,
  });
  const context: Context = {
    store,
    writings,
    wakingCommit: told((writes, taskToken) => waking?.(writes, taskToken) ?? guarded.store.commit(writes)),
    startingCommit: told((writes, execution) => opened(starting)(writes, execution)),
    mailSender: sender,
    workflow: calledLater(() => opened(workflow)),
    mailer: seen.mailer(mail.mailer),
    sealer,
    signer: await fileTokenSigner(folder.path),
    checkpointSigner: await fileTokenSigner(folder.path, CHECKPOINT_KEY_FILE),
    clock,
    log,
    shreddings,
    ...(options.providers !== undefined && { providers: options.providers }),
    ...identityOf(options.oidc, { clock, log }),
    metrics: measures,
    eventFeed: sqliteEventFeed(folder.database),
    readiness: localReadiness({
      folder,
      sealer,
      engine: async () => context.workflow.status('readiness'),
      mail: () => seen.mail(),
      clock,
    }),
    installation: localInstallation({
      folder,
      seen,
      sinks: async () => (await events?.reports()) ?? [],
      clock,
    }),
    // Each request has a context of its own with this member changed; to add it would cost more (CONTRIBUTING.md).
    correlationId: undefined,
    settings: {
      publicUrl,
      crnScope: CRN_SCOPE,
      apiKeysByMail: options.smtp !== undefined,
      ...(options.drillEvery !== undefined && { drillEvery: options.drillEvery }),
    },
  };
  const app = createApp(context, {
    extraRoutes: mail.pages,
    seen: (request) => seen.requests.seen(request),
    ...(options.trustProxy === true && { sourceOf: proxiedSource }),
  });
  const tasks = workflowTasks(context);
  const engine = openEngine({
    database: folder.database,
    commit: folder.commit,
    clock,
    definition: workflowDefinition((task) => task),
    functions: tasks,
    // What a step does outside (a mail, a deletion elsewhere) is written down first, in the same database.
    insideDatabase: Object.keys(tasks),
    stateMachineName: 'countersign',
    drainMilliseconds: STEPS_DRAIN,
    onError: (error, at) => log.error('the workflow engine failed', { ...at, ...problemFields(error) }),
  });
  workflow = embeddedWorkflow(engine);
  waking = wakingCommit(guarded.store, engine);
  starting = startingCommit(guarded.store, engine);
  const api = await stepFunctionsApi({ ...options, engine, clock, sealer, log }).catch(
    async (error: unknown) => {
      await engine.close();
      mail.close();
      throw error;
    },
  );
  const sweeper = startSweeper(
    seen.sweeping(() => sweep(context)),
    clock,
    log,
    ({ moreMails }) => moreMails,
  );
  const { historyRetention: retention = DEFAULT_HISTORY_RETENTION } = options;
  const upkeep = startSweeper(historyRetention({ folder, clock, log, retention }), clock, log);
  const masterKeyOrder = masterKeyOrders({
    folder,
    sealer,
    clock,
    retire: guarded.retire,
    // What was read before it was sealed anew is still opened.
    gone: (keyId) => void clock.schedule(clock.now() + MINUTE, () => sealer.forget(keyId)),
  });
  const running = startEvents(folder, { sinks, crnScope: CRN_SCOPE, clock, log });
  events = running;
  const metrics = localMetrics({ folder, seen, events: running, measures, clock });
  const obey = (order: unknown, tell: (line: object) => void): Promise<object> => {
    const aboutEvents = eventOrderOf(order);
    if (aboutEvents !== undefined) return carryOutEventOrder(running, aboutEvents);
    const aboutMasterKey = masterKeyOrderOf(order);
    return aboutMasterKey === undefined
      ? carryOutOrder(context, order)
      : masterKeyOrder(aboutMasterKey, tell);
  };
  const control = await openControlSocket(
    { path: folder.path, database: folder.database, backedUp: () => seen.backedUp() },
    obey,
    log,
  );
  const close = async () => {
    await api?.close(STEP_FUNCTIONS_DRAIN);
    await Promise.all([control.close(), sweeper.stop(), upkeep.stop(), engine.close()]);
    await atMost(running.stop(), EVENTS_DRAIN, clock);
    await atMost(sender.idle(), MAILS_DRAIN, clock);
    mail.close();
    folder.close();
  };
  return { context, app, close, metrics, ...(api === undefined ? {} : { stepFunctionsPort: api.port }) };
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

/** @throws TransientError while it is not there. */
function opened<T>(part: T | undefined): T {
  if (part === undefined) throw new TransientError('the workflow engine is still being opened');
  return part;
}

function calledLater(found: () => Workflow): Workflow {
  return {
    start: async (name, input) => found().start(name, input),
    wake: async (taskToken) => found().wake(taskToken),
    status: async (name) => found().status(name),
    stop: async (name, cause) => found().stop(name, cause),
    history: async (name, page) => found().history(name, page),
  };
}
