import { EngineError, type EngineOptions, type ProblemContext } from './api.ts';
import { DatabaseError } from './database.ts';
import type { Call, Execution } from './execution.ts';
import { encodeFact, type Fact } from './facts.ts';
import { factOf, functionCalled, invoke, keyOfFunction, type Outcome } from './invoke.ts';
import { type Journal, MOST_CHARACTERS, type Within, type Writing } from './journal.ts';
import { apply, overdue, runsUntil } from './machine.ts';
import { type Ahead, memory } from './memory.ts';
import { type Identity, type Loaded, type Replay, standingOf } from './replay.ts';
import { slots, turns } from './scheduling.ts';
import { type TokenSubject, taskToken } from './token.ts';

/*
 * Moves executions on and calls their functions. Owns which execution is in memory and whose turn it is; what a fact
 * means is machine.ts's, what is on disk is journal.ts's, when time moves them is wakes.ts's.
 */

const DEFAULT_TASK_SECONDS = 60;
const DEFAULT_CONCURRENT_TASKS = 256;
const FIRST_BACKOFF = 100;
const LONGEST_BACKOFF = 30_000;
/** What comes again by itself where the disk refuses it: what functions did, and time. */
const OWN_FACTS: ReadonlySet<Fact[0]> = new Set(['returned', 'threw', 'timedOut', 'woke']);
const LATE: Outcome = { kind: 'late' };

export interface Executions {
  /** False when the name is taken, and when `within` did not let it happen. */
  start(identity: Identity, input: unknown, within?: Within): Promise<boolean>;
  /**
   * Takes one fact into an execution, durably. `decide` sees the execution as it stands, and makes the fact, or none,
   * or throws to refuse.
   * @returns false when there is none, and when `within` did not let it happen.
   */
  move(id: number, decide: Decide, how?: Pick<How, 'within'>): Promise<boolean>;
  /** The token that a task has. `undefined`: no execution has this id. */
  tokenOf(subject: TokenSubject): string | undefined;
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

type Decide = (execution: Execution, at: number) => Fact | undefined;

interface How {
  /** How it comes to the disk. */
  readonly within?: Within | undefined;
  /** Whether the execution has a place among the tasks, where its next function can be called. */
  readonly place?: boolean;
}

/** What a turn came to: a fact that becomes durable; or a refusal, once the disk has what it is based on. */
type Turned =
  | { readonly durable: Promise<boolean> }
  | { readonly once: Promise<boolean>; readonly refuse: () => false };

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
  const inside: ReadonlySet<string | undefined> = new Set(options.insideDatabase);
  const kept = memory();
  const tasks = slots(options.maxConcurrentTasks ?? DEFAULT_CONCURRENT_TASKS, callAgain);
  const interrupts = new Set<() => void>();
  let stopped = false;
  let abandoned = false;

  /** What is in memory comes at once: the disk may refuse what is ahead while a promise of it resolves. */
  function known(id: number): Loaded | undefined {
    if (abandoned) throw new EngineError('EngineClosed', 'the engine is closed');
    return kept.get(id);
  }

  async function replayed(id: number): Promise<Loaded> {
    const row = journal.byId(id);
    if (row === undefined) throw new Error(`there is no execution ${id}`);
    return replay.load(row);
  }

  // A clock that was set back makes no history run backwards.
  const timeOf = (execution: Execution) => Math.max(clock.now(), execution.at);

  const move = async (id: number, decide: Decide, how: How = {}): Promise<boolean> => {
    for (;;) {
      const turned = await turn.take(id, () => take(id, decide, how));
      if ('durable' in turned) return turned.durable;
      // Nobody is refused because of what may yet be lost.
      if (await turned.once) return turned.refuse();
    }
  };

  /** One turn, which ends when others can be decided on what it made, and not before its functions may be called. */
  async function take(id: number, decide: Decide, { within, place = false }: How): Promise<Turned> {
    if (within !== undefined || kept.ahead(id)?.writing.row.begun === true) await kept.ahead(id)?.over;
    const loaded = known(id) ?? (await replayed(id));
    const { execution } = loaded;
    const before = kept.ahead(id);
    const { fact, refuse } = asked(() => decide(execution, timeOf(execution)));
    if (fact === undefined) return { once: before?.over ?? Promise.resolve(true), refuse };
    kept.takeOut(id);
    await applied(execution, fact);
    fault?.(`decided, not durable: ${fact[0]}`);
    const { wake } = standingOf(execution);
    const writing = await write(loaded, fact, { before, within });
    const durable = writing.durable.then((written) => {
      if (!written) return false;
      fault?.(`durable, not answered: ${fact[0]}`);
      arm(wake);
      return true;
    });
    const goesAhead = within === undefined && mayGoAhead(execution, fact, writing);
    if (goesAhead) kept.goAhead(execution, writing);
    // It stays what its journal says, and is replayed from that when it is needed again.
    else if (!(await durable)) return { durable };
    settle({ execution, tail: writing.row.tail }, goesAhead && place);
    return { durable };
  }

  async function applied(execution: Execution, fact: Fact): Promise<void> {
    try {
      await apply(execution, fact);
    } catch (error) {
      // What it is in memory now is of no use to anybody.
      await kept.ahead(execution.id)?.over;
      throw error;
    }
  }

  /** With what is on its way already, where that has not begun. */
  async function write(
    { execution, tail }: Loaded,
    fact: Fact,
    { before, within }: { readonly before: Ahead | undefined; readonly within: Within | undefined },
  ): Promise<Writing> {
    const { status, wake } = standingOf(execution);
    const written = { fact: encodeFact(fact), status, wake };
    if (before === undefined) return journal.append(execution.id, tail, written, within);
    if (!before.writing.row.begun && before === kept.ahead(execution.id)) {
      before.writing.add(written);
      return before.writing;
    }
    await before.writing.durable;
    return journal.append(execution.id, before.writing.row.tail, written, within);
  }

  /**
   * What calls no function can come before the disk, for whoever asked is answered after it. A function can where all of
   * its effects are in the database, but not because of what somebody asked: that may yet be refused, to their face.
   */
  const mayGoAhead = ({ rest }: Execution, [kind]: Fact, { row: { tail } }: Writing): boolean =>
    rest.kind !== 'task' ||
    (OWN_FACTS.has(kind) &&
      inside.has(keyOfFunction(rest.call.functionName, functions)) &&
      // A loop goes on for so long and lets others have their turn.
      tail.length < MOST_CHARACTERS);

  /** For what is on disk: whoever is woken looks there who is due. */
  function arm(wake: number | null): void {
    if (wake !== null && wake > 0) wakesAt(wake);
  }

  /**
   * After its fact: calls the function that it waits for, or lets it go from memory.
   * @param place whether it goes on in one that it has among the tasks.
   */
  function settle(loaded: Loaded, place: boolean): void {
    const { execution } = loaded;
    const { rest, id } = execution;
    if (rest.kind === 'callback') kept.remember(loaded);
    if (rest.kind !== 'task' || stopped) return;
    if (!tasks.free && !place) {
      kept.remember(loaded);
      tasks.later(id);
      return;
    }
    kept.live(loaded);
    tasks.run(() => call(execution, rest.call));
  }

  /** The function of an execution that had to wait for a slot, or was running when the process died. */
  async function callAgain(id: number): Promise<void> {
    try {
      const found = await turn.take(id, async () => {
        if (stopped || kept.isLive(id)) return undefined;
        const loaded = known(id) ?? (await replayed(id));
        const { rest } = loaded.execution;
        if (rest.kind !== 'task') return undefined;
        kept.live(loaded);
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
    const decide: Decide = (execution, at) => {
      const { rest } = execution;
      // Meanwhile its token was answered, or it was stopped.
      if (rest.kind !== 'task' || rest.call.scheduledEvent !== task.scheduledEvent) return undefined;
      return outcome.kind === 'late' ? overdue(execution, at) : factOf(outcome, at);
    };
    for (let backoff = FIRST_BACKOFF; ; backoff = Math.min(backoff * 2, LONGEST_BACKOFF)) {
      try {
        await move(id, decide, { place: true });
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

  async function settled(): Promise<void> {
    await turn.idle();
    await kept.settled();
  }

  return {
    move,
    start: ({ id, name, definition }, input, within) =>
      turn.take(id, async () => {
        const execution = replay.blank({ id, name, definition });
        const fact: Fact = ['started', clock.now(), input];
        await apply(execution, fact);
        const facts = encodeFact(fact);
        fault?.('decided, not durable: started');
        const { status, wake } = standingOf(execution);
        if (!(await journal.insert({ id, name, definition, status, wake, facts }, within))) return false;
        fault?.('durable, not answered: started');
        arm(wake);
        settle({ execution, tail: { parts: 0, length: facts.length } }, false);
        return true;
      }),
    postpone: (id, decide) =>
      turn.take(id, async () => {
        await kept.ahead(id)?.over;
        const { execution } = known(id) ?? (await replayed(id));
        const until = decide(execution, timeOf(execution));
        // While its function still runs, there is no deadline yet that a heartbeat could move.
        if (execution.rest.kind !== 'callback') return;
        kept.takeOut(id);
        fault?.('heartbeat: decided, not durable');
        await journal.postpone(id, until);
        fault?.('heartbeat: durable, not answered');
      }),
    tokenOf(subject) {
      const known = kept.get(subject.execution)?.execution;
      if (known !== undefined) return known.tokenFor(subject.scheduledEvent);
      const name = journal.nameOf(subject.execution);
      return name === undefined ? undefined : taskToken(journal.key, name, subject);
    },
    resume: (id) => tasks.later(id),
    stop() {
      stopped = true;
      tasks.clear();
      for (const interrupt of interrupts) interrupt();
    },
    async idle() {
      await tasks.idle();
      await settled();
    },
    async abandon() {
      abandoned = true;
      await settled();
    },
  };
}

/** What was decided; or how that is refused. */
function asked(decide: () => Fact | undefined): {
  readonly fact?: Fact | undefined;
  readonly refuse: () => false;
} {
  try {
    return { fact: decide(), refuse: () => false };
  } catch (error) {
    return {
      refuse: () => {
        throw error;
      },
    };
  }
}
