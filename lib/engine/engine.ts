import { setTimeout } from 'node:timers/promises';
import { answers, storedFailure } from './answers.ts';
import { type Engine, EngineError, type EngineOptions } from './api.ts';
import { executions as openExecutions } from './executions.ts';
import { toJson } from './invoke.ts';
import { openJournal } from './journal.ts';
import { fits } from './limits.ts';
import { loadDefinition } from './load-definition.ts';
import { replayFrom } from './replay.ts';
import { togetherWith } from './together.ts';
import { views } from './views.ts';
import { wakes as openWakes } from './wakes.ts';

export * from './api.ts';
export type { EngineClock } from './clock.ts';

const DEFAULT_DRAIN = 5_000;

/**
 * Opens the engine over the database: makes its tables, resumes the executions that were running, arms the timer
 * for the next deadline.
 *
 * @throws DefinitionError when the definition holds what the engine does not support; names the state and field.
 * @throws DatabaseError when the tables were written by a newer program.
 */
export function openEngine(options: EngineOptions): Engine {
  // As it will be stored: without what JSON does not have.
  const document: object = JSON.parse(JSON.stringify(options.definition));
  loadDefinition(document);
  const { fault } = options;
  const journal = openJournal(options.database, options.commit, fault);
  fault?.('engine: tables made');
  const definition = journal.remember(options.stateMachineName ?? 'main', document, options.clock.now());
  fault?.('engine: definition remembered');
  const replay = replayFrom(journal);
  const report = options.onError ?? (() => {});
  const wakesAt = (at: number) => wakes.at(at);
  const executions = openExecutions({ options, journal, replay, report, wakesAt });
  const wakes = openWakes({ clock: options.clock, journal, executions, report, fault });

  for (const id of journal.running()) {
    executions.resume(id);
    fault?.('engine: some resumed');
  }
  fault?.('engine: all resumed, no timer');
  wakes.look();
  fault?.('engine: opened');

  const close = async (): Promise<void> => {
    executions.stop();
    wakes.stop();
    fault?.('engine: stopped, not drained');
    await atMost(options.drainMilliseconds ?? DEFAULT_DRAIN, [executions.idle(), wakes.idle()]);
    await executions.abandon();
    fault?.('engine: drained');
  };
  return untilClosed({
    async start(name, input) {
      const plain = startInput(name, input);
      const started = await executions.start({ id: journal.newId(), name, definition }, plain);
      return started ? 'started' : 'exists';
    },
    async startWith(name, input, work) {
      const plain = startInput(name, input);
      return togetherWith(work, options.commit, (within) =>
        executions.start({ id: journal.newId(), name, definition }, plain, within),
      );
    },
    async stop(name, failure) {
      const id = journal.idOf(name);
      if (id === undefined) return;
      await executions.move(id, ({ rest }, at) =>
        rest.kind === 'closed' ? undefined : ['stopped', at, ...storedFailure(failure)],
      );
    },
    ...answers(executions, options.commit),
    ...views(journal, replay, definition),
    close,
  });
}

// Step Functions' StartExecution: 1 to 80 characters, none of white space, wildcards, brackets and some others.
const EXECUTION_NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u;

function startInput(name: string, input: unknown): unknown {
  if (!EXECUTION_NAME.test(name)) throw new EngineError('InvalidName', 'an execution cannot have this name');
  const text = toJson(input);
  if (text === undefined) throw new EngineError('InvalidExecutionInput', 'the input is not JSON');
  if (!fits(text)) throw new EngineError('InvalidExecutionInput', 'the input exceeds 256 KiB');
  return JSON.parse(text);
}

/** Waits for all of them, but no longer than this. */
async function atMost(milliseconds: number, all: readonly Promise<void>[]): Promise<void> {
  const done = new AbortController();
  const limit = setTimeout(milliseconds, undefined, { signal: done.signal });
  await Promise.race([Promise.all(all), limit]);
  done.abort();
}

/** The engine, whose methods refuse once it is being closed. */
function untilClosed(engine: Engine): Engine {
  let closed: Promise<void> | undefined;
  const open = (): Engine => {
    if (closed !== undefined) throw new EngineError('EngineClosed', 'the engine is closed');
    return engine;
  };
  return {
    start: async (name, input) => open().start(name, input),
    startWith: async (name, input, work) => open().startWith(name, input, work),
    sendTaskSuccess: async (token, output) => open().sendTaskSuccess(token, output),
    sendTaskSuccessWith: async (token, output, work) => open().sendTaskSuccessWith(token, output, work),
    sendTaskFailure: async (token, failure) => open().sendTaskFailure(token, failure),
    sendTaskHeartbeat: async (token) => open().sendTaskHeartbeat(token),
    status: (name) => open().status(name),
    describe: async (name) => open().describe(name),
    stop: async (name, failure) => open().stop(name, failure),
    history: async (name, query) => open().history(name, query),
    list: (query) => open().list(query),
    stateMachine: () => open().stateMachine(),
    stateMachineOf: (name) => open().stateMachineOf(name),
    close() {
      closed ??= engine.close();
      return closed;
    },
  };
}
