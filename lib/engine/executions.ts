import { EngineError, type EngineOptions, type ProblemContext } from './api.ts';
import { DatabaseError } from './database.ts';
import type { Call, Execution } from './execution.ts';
import { encodeFact, type Fact } from './facts.ts';
import { factOf, functionCalled, invoke, type Outcome } from './invoke.ts';
import type { Journal, Within } from './journal.ts';
import { apply, overdue, runsUntil } from './machine.ts';
import { type Identity, type Loaded, type Replay, standingOf } from './replay.ts';
import { slots, turns } from './scheduling.ts';

/*
 * Moves executions on and calls their functions. Owns which execution is in memory and whose turn it is; what a fact
 * means is machine.ts's, what is on disk is journal.ts's, when time moves them is wakes.ts's.
 */

const DEFAULT_TASK_SECONDS = 60;
const DEFAULT_CONCURRENT_TASKS = 64;
const FIRST_BACKOFF = 100;
const LONGEST_BACKOFF = 30_000;
/** How many executions that wait stay in memory, at most 4 KiB of facts each: those that came to wait last. */
const MOST_RECENT = 256;
const MOST_RECENT_CHARACTERS = 4_096;
const LATE: Outcome = { kind: 'late' };

export interface Executions {
  /** False when the name is taken. */
  start(identity: Identity, input: unknown): Promise<boolean>;
  /**
   * Takes one fact into an execution, durably. `decide` sees the execution as it stands, and makes the fact, or none,
   * or throws to refuse.
   * @returns false when there is none, and when `within` did not let it happen.
   */
  move(
    id: number,
    decide: (execution: Execution, at: number) => Fact | undefined,
    within?: Within,
  ): Promise<boolean>;
  /** `undefined`: no execution has this id. */
  nameOf(id: number): string | undefined;
  /** Gives the task that waits more time: until what `decide` answers. */
  postpone(id: number, decide: (execution: Execution, at: number) => number): Promise<void>;
  /** Calls the function that a running execution waits for, as after a crash. */
  resume(id: number): void;
  /** Starts nothing new from here on. */
  stop(): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
  /** Touches the database no more once it has resolved, whatever functions still run. */
  abandon(): Promise<void>;
}

interface Parts {
  readonly options: EngineOptions;
  readonly journal: Journal;
  readonly replay: Replay;
  readonly report: (error: unknown, context: ProblemContext) => void;
  /** Told when an execution will be due. */
  readonly wakesAt: (at: number) => void;
}

export function executions({ options, journal, replay, report, wakesAt }: Parts): Executions {
  const { clock, functions, fault } = options;
  const taskSeconds = options.taskTimeoutSeconds ?? DEFAULT_TASK_SECONDS;
  const turn = turns();
  // Executions whose function runs. Never ahead of the journal (invariant 1): who moves one takes it out first.
  const live = new Map<number, Loaded>();
  // The same of executions that wait for their token or for a slot, so that what follows soon needs no replay; the
  // oldest first.
  const recent = new Map<number, Loaded>();
  const tasks = slots(options.maxConcurrentTasks ?? DEFAULT_CONCURRENT_TASKS, callAgain);
  const interrupts = new Set<() => void>();
  let stopped = false;
  let abandoned = false;

  async function load(id: number): Promise<Loaded> {
    if (abandoned) throw new EngineError('EngineClosed', 'the engine is closed');
    const known = live.get(id) ?? recent.get(id);
    if (known !== undefined) return known;
    const row = journal.byId(id);
    if (row === undefined) throw new Error(`there is no execution ${id}`);
    return replay.load(row);
  }

  // A clock that was set back makes no history run backwards.
  const timeOf = (execution: Execution) => Math.max(clock.now(), execution.at);

  const move: Executions['move'] = (id, decide, within) =>
    turn.take(id, async () => {
      const { execution, tail } = await load(id);
      const fact = decide(execution, timeOf(execution));
      if (fact === undefined) return false;
      live.delete(id);
      recent.delete(id);
      await apply(execution, fact);
      const written = { fact: encodeFact(fact), ...standingOf(execution) };
      fault?.(`decided, not durable: ${fact[0]}`);
      const appended = await journal.append(id, tail, written, within);
      // It stays what its journal says, and is replayed from that when it is needed again.
      if (appended === undefined) return false;
      fault?.(`durable, not answered: ${fact[0]}`);
      settle({ execution, tail: appended });
      return true;
    });

  /** After its fact is durable: calls the function that it waits for, or lets it go from memory. */
  function settle(loaded: Loaded): void {
    const { execution } = loaded;
    const { rest, id } = execution;
    const { wake } = standingOf(execution);
    if (wake !== null && wake > 0) wakesAt(wake);
    if (rest.kind === 'callback') remember(loaded);
    if (rest.kind !== 'task' || stopped) return;
    if (!tasks.free) {
      remember(loaded);
      tasks.later(id);
      return;
    }
    live.set(id, loaded);
    tasks.run(() => call(execution, rest.call));
  }

  function remember(loaded: Loaded): void {
    if (loaded.tail.length > MOST_RECENT_CHARACTERS || loaded.tail.parts > 0) return;
    recent.set(loaded.execution.id, loaded);
    const [oldest] = recent.keys();
    if (recent.size > MOST_RECENT && oldest !== undefined) recent.delete(oldest);
  }

  /** The function of an execution that had to wait for a slot, or was running when the process died. */
  async function callAgain(id: number): Promise<void> {
    try {
      const found = await turn.take(id, async () => {
        if (stopped || live.has(id)) return undefined;
        const loaded = await load(id);
        const { rest } = loaded.execution;
        if (rest.kind !== 'task') return undefined;
        recent.delete(id);
        live.set(id, loaded);
        return { execution: loaded.execution, call: rest.call };
      });
      if (found === undefined) return;
      fault?.('function: to be called again');
      await call(found.execution, found.call);
    } catch (error) {
      report(error, { step: 'resume', execution: id });
    }
  }

  async function call(execution: Execution, task: Call): Promise<void> {
    const taskUntil = runsUntil(execution, task);
    const limits = { clock, functionSeconds: taskSeconds, taskUntil, subject: task.subject };
    const run = functionCalled(task.functionName, functions);
    // Its time may have run out while the process was down.
    fault?.('function: to be called');
    const outcome = taskUntil <= clock.now() ? LATE : await invoke(run, task.payload, limits);
    fault?.('function: called, not recorded');
    await record(execution.id, task, outcome);
  }

  /** Keeps what the function did until it is on disk: a full disk must not make it run again. */
  async function record(id: number, task: Call, outcome: Outcome): Promise<void> {
    for (let backoff = FIRST_BACKOFF; ; backoff = Math.min(backoff * 2, LONGEST_BACKOFF)) {
      try {
        await move(id, (execution, at) => {
          const { rest } = execution;
          // Meanwhile its token was answered, or it was stopped.
          if (rest.kind !== 'task' || rest.call.scheduledEvent !== task.scheduledEvent) return undefined;
          return outcome.kind === 'late' ? overdue(execution, at) : factOf(outcome, at);
        });
        return;
      } catch (error) {
        if (abandoned) return;
        report(error, { step: 'record-result', execution: id });
        if (!(error instanceof DatabaseError) || stopped) return;
        await pause(backoff);
      }
    }
  }

  /** Resolves after so many milliseconds, or at once when the engine stops. */
  function pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        interrupts.delete(end);
        resolve();
      };
      const cancel = clock.schedule(clock.now() + milliseconds, end);
      interrupts.add(end);
    });
  }

  return {
    move,
    start: (identity, input) =>
      turn.take(identity.id, async () => {
        const execution = replay.blank(identity);
        const fact: Fact = ['started', clock.now(), input];
        await apply(execution, fact);
        const facts = encodeFact(fact);
        fault?.('decided, not durable: started');
        if (!(await journal.insert({ ...identity, ...standingOf(execution), facts }))) return false;
        fault?.('durable, not answered: started');
        settle({ execution, tail: { parts: 0, length: facts.length } });
        return true;
      }),
    postpone: (id, decide) =>
      turn.take(id, async () => {
        const { execution } = await load(id);
        const until = decide(execution, timeOf(execution));
        // While its function still runs, there is no deadline yet that a heartbeat could move.
        if (execution.rest.kind !== 'callback') return;
        recent.delete(id);
        fault?.('heartbeat: decided, not durable');
        await journal.postpone(id, until);
        fault?.('heartbeat: durable, not answered');
      }),
    nameOf: (id) => recent.get(id)?.execution.name ?? journal.nameOf(id),
    resume: (id) => tasks.later(id),
    stop() {
      stopped = true;
      tasks.clear();
      for (const interrupt of interrupts) interrupt();
    },
    async idle() {
      await tasks.idle();
      await turn.idle();
    },
    async abandon() {
      abandoned = true;
      await turn.idle();
    },
  };
}
