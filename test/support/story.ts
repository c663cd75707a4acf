import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as realSleep } from 'node:timers/promises';
import { startingCommit } from '../../lib/adapters/embedded/starting-commit.ts';
import { wakingCommit } from '../../lib/adapters/embedded/waking-commit.ts';
import { embeddedWorkflow } from '../../lib/adapters/embedded/workflow.ts';
import { masterKeySealer } from '../../lib/adapters/file/sealer.ts';
import { createSigningKey, fileTokenSigner } from '../../lib/adapters/file/token-signer.ts';
import { sqliteStore } from '../../lib/adapters/sqlite/store.ts';
import type { Status } from '../../lib/domain/authorization.ts';
import type { Key } from '../../lib/domain/key.ts';
import type { Role } from '../../lib/domain/person.ts';
import type { Decision, Refusal } from '../../lib/domain/refusal.ts';
import { groupCommit, openDatabase } from '../../lib/engine/database.ts';
import { type Engine, openEngine } from '../../lib/engine/engine.ts';
import { type Caller, enter } from '../../lib/operations/caller.ts';
import type { Context } from '../../lib/operations/context.ts';
import { createKey, type NewKey } from '../../lib/operations/create-key.ts';
import { initInstance } from '../../lib/operations/init-instance.ts';
import { referenceOf } from '../../lib/operations/records/authorization.ts';
import { loadKey } from '../../lib/operations/records/key.ts';
import { loadMails } from '../../lib/operations/records/mail.ts';
import { loadWait } from '../../lib/operations/records/wait.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import { currentAuthorization } from '../../lib/operations/transition.ts';
import type { KeyProviders } from '../../lib/ports/key-provider.ts';
import type { Mail } from '../../lib/ports/mailer.ts';
import type { Store } from '../../lib/ports/store.ts';
import type { TokenSigner } from '../../lib/ports/token-signer.ts';
import type { Workflow } from '../../lib/ports/workflow.ts';
import { workflowDefinition } from '../../lib/workflow/definition.ts';
import { workflowTasks } from '../../lib/workflow/tasks.ts';
import { checkpointSigner } from './checkpoint-signer.ts';
import { type ManualClock, manualClock } from './manual-clock.ts';

export const WINDOW = 604_800;
export const REAUTHORIZATION_WINDOW = 172_800;
export const RESTORE_WINDOW = 2_592_000;

/** Two Managers, a Writer and a Reader, as their instance knows them. */
export const PEOPLE = {
  alice: ['Manager'],
  bob: ['Manager'],
  wendy: ['Writer'],
  rita: ['Reader'],
} as const satisfies { readonly [name: string]: readonly Role[] };
export type Name = keyof typeof PEOPLE;

/** A whole installation in a temporary folder, on a clock that moves when the test says so. */
export interface Story {
  readonly context: Context;
  readonly clock: ManualClock;
  readonly instanceId: string;
  readonly apiKeys: Readonly<Record<Name, string>>;
  /** Every mail that was handed over, oldest first. */
  readonly mails: readonly Mail[];
  /** Makes handing over mail fail, or lets it succeed again. */
  failMails(failure: Error | undefined): void;
  as(name: Name): Promise<Caller>;
  newKey(request?: Partial<NewKey>): Promise<Key>;
  /** Resolves when the key's execution waits for somebody while the authorization is in this status. */
  waiting(keyId: string, status: Status): Promise<void>;
  /** Lets everything run that needs no time. */
  settle(): Promise<void>;
  /** Lets this much time pass. */
  pass(seconds: number): Promise<void>;
  /** Has the sweeper look once. */
  sweep(): Promise<void>;
  /** Ends the process's part and opens it again over the same files. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface StoryOptions {
  /** In the place of SQLite; the engine's journal is a file of its own in any case. */
  readonly store?: Store;
  /** Stands before the workflow, to lose or delay what goes through. */
  readonly workflow?: (workflow: Workflow) => Workflow;
  /** Where keys live that do not live here. */
  readonly providers?: KeyProviders;
  readonly dualAuthorization?: boolean;
  /** In seconds; 30 days where it is not given. */
  readonly restoreWindow?: number;
}

/** RSA keys are slow to make, and no story depends on having one of its own. */
let signer: Promise<TokenSigner> | undefined;
const sharedSigner = (): Promise<TokenSigner> => {
  signer ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-signer-'));
    await createSigningKey(folder);
    const made = await fileTokenSigner(folder);
    rmSync(folder, { recursive: true });
    return made;
  })();
  return signer;
};

/** Opens a story. Every test opens its own. */
export async function openStory(options: StoryOptions = {}): Promise<Story> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-story-'));
  const clock = manualClock();
  const mails: Mail[] = [];
  let failure: Error | undefined;
  const fixed = {
    sealer: masterKeySealer(randomBytes(32)),
    ...(options.providers !== undefined && { providers: options.providers }),
    signer: await sharedSigner(),
    checkpointSigner: checkpointSigner(),
    mailer: {
      send: async (mail: Mail) => {
        if (failure !== undefined) throw failure;
        mails.push(mail);
        return { delivered: true } as const;
      },
    },
    // Waiting for the workflow takes real time, however slowly the story's days go by.
    clock: { now: () => clock.now(), sleep: (ms: number) => realSleep(Math.min(ms, 5)) },
    log: { info: () => {}, error: () => {} },
    settings: {
      publicUrl: 'http://127.0.0.1:8080',
      crnScope: 'crn:v1:bluemix:public:kms:local:a/story',
      apiKeysByMail: false,
    },
  };
  let running = open(folder, options, { ...fixed, engineClock: clock });
  const made = expectOk(
    await initInstance(running.context, {
      name: 'story',
      people: Object.entries(PEOPLE).map(([name, roles]) => ({ email: `${name}@example.com`, roles })),
      dualAuthorization: options.dualAuthorization ?? true,
      authorizationWindow: WINDOW,
      reauthorizationWindow: REAUTHORIZATION_WINDOW,
      restoreWindow: options.restoreWindow ?? RESTORE_WINDOW,
      trial: false,
    }),
  );
  await clock.advance(60_000);
  const personOf = (name: Name) =>
    made.people.find(({ person }) => person.email.startsWith(`${name}@`)) ?? made.people[0];
  const story: Story = {
    get context() {
      return running.context;
    },
    clock,
    instanceId: made.instance.id,
    apiKeys: Object.fromEntries(
      Object.keys(PEOPLE).map((name) => [name, personOf(name as Name)?.apiKey ?? '']),
    ) as Record<Name, string>,
    mails,
    failMails: (next) => {
      failure = next;
    },
    as: async (name) =>
      expectOk(await enter(running.context, made.instance.id, personOf(name)?.person.id ?? '')),
    newKey: async (request) => {
      const asked = { name: 'customer-data', extractable: false, ...request };
      return expectOk(await createKey(running.context, await story.as('alice'), asked)).key;
    },
    waiting: (keyId, status) =>
      untilWaiting(running.context, { instanceId: made.instance.id, keyId, status }),
    settle: () => clock.settle(),
    pass: (seconds) => clock.advance(seconds * 1000),
    sweep: async () => void (await sweep(running.context)),
    restart: async () => {
      await running.close();
      running = open(folder, options, { ...fixed, engineClock: clock });
    },
    close: async () => {
      await running.close();
      rmSync(folder, { recursive: true });
    },
  };
  return story;
}

/** Resolves when the key's execution waits for somebody while the authorization is in this status. */
export async function untilWaiting(
  context: Context,
  wanted: { readonly instanceId: string; readonly keyId: string; readonly status: Status },
): Promise<void> {
  for (let looks = 0; looks < 2_000; looks += 1) {
    if (await isWaiting(context, wanted)) return;
    await realSleep(2);
  }
  throw new Error(`the execution does not wait while ${wanted.status}`);
}

async function isWaiting(
  { store }: Context,
  { instanceId, keyId, status }: { instanceId: string; keyId: string; status: Status },
): Promise<boolean> {
  const key = await loadKey(store, instanceId, keyId);
  const authorization = key && (await currentAuthorization(store, key));
  if (authorization?.status !== status) return false;
  const reference = referenceOf(authorization);
  // A function that is still sending would be timed out by a day that passes.
  const sending = (await loadMails(store, reference)).some((mail) => mail.status === 'due' && !mail.problem);
  return !sending && ((await loadWait(store, reference))?.whileIn.includes(status) ?? false);
}

type Fixed = Omit<Context, 'store' | 'workflow'> & { readonly engineClock: ManualClock };

function open(folder: string, options: StoryOptions, { engineClock, ...fixed }: Fixed) {
  const database = openDatabase(join(folder, 'countersign.db'));
  const commit = groupCommit(database);
  const own = sqliteStore(database, commit);
  const store = options.store ?? own;
  let engine: Engine | undefined;
  // The tasks need the workflow, and the engine that it stands for needs the tasks.
  const opened = (): Workflow => embeddedWorkflow(engine as Engine);
  const workflow: Workflow = {
    start: (...args) => opened().start(...args),
    wake: (...args) => opened().wake(...args),
    status: (...args) => opened().status(...args),
    stop: (...args) => opened().stop(...args),
    history: (...args) => opened().history(...args),
  };
  const context: Context = {
    ...fixed,
    store,
    workflow: options.workflow?.(workflow) ?? workflow,
    // As on one machine, where both are in one file and no test stands between them.
    ...(options.store === undefined &&
      options.workflow === undefined && {
        wakingCommit: (...args) => wakingCommit(own, engine as Engine)(...args),
        startingCommit: (...args) => startingCommit(own, engine as Engine)(...args),
      }),
  };
  const tasks = workflowTasks(context);
  engine = openEngine({
    database,
    commit,
    clock: engineClock,
    definition: workflowDefinition((task) => task),
    functions: tasks,
    ...(options.store === undefined && { insideDatabase: Object.keys(tasks) }),
    // A story ends as a killed process does: what hangs is not waited for.
    drainMilliseconds: 50,
  });
  const close = async () => {
    await engine?.close();
    database.close();
  };
  return { context, close };
}

/** The value of a decision that must have been accepted. */
export function expectOk<T>(decision: Decision<T>): T {
  if (!decision.ok) throw new Error(`refused: ${decision.refusal.code} ${decision.refusal.detail ?? ''}`);
  return decision.value;
}

/** The code of a decision that must have been refused. */
export function refusalOf(decision: Decision<unknown>): Refusal['code'] | 'accepted' {
  return decision.ok ? 'accepted' : decision.refusal.code;
}
