import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Commit, DatabaseError } from '../../lib/engine/database.ts';
import { EngineError, type HistoryEvent } from '../../lib/engine/engine.ts';
import { engineFixture } from './support/fixture.ts';
import { isHandOver } from './support/machines.ts';

/*
 * Whatever a slow disk that is full now and then does to executions that go ahead of it. The stories are the same each
 * time; `AHEAD_SEED=n` tells others.
 */

const SEED = Number(process.env.AHEAD_SEED ?? 1);
const STORIES = 80;
const NAMES = ['one', 'two'];
const FUNCTIONS = ['first', 'hand-over', 'last'];
/** In seconds. */
const HEARTBEAT = 10;

const task = (resource: string, name: string, payload: object = {}) => ({
  Type: 'Task',
  Resource: `arn:aws:states:::lambda:${resource}`,
  Arguments: { FunctionName: name, Payload: { name: '{% $states.context.Execution.Name %}', ...payload } },
  // What a function writes is refused by a full disk like everything else.
  Retry: [{ ErrorEquals: ['States.TaskFailed'], BackoffRate: 1, MaxAttempts: 99 }],
});

/** A function, a token, and a function that is told what was answered. */
const DEFINITION = {
  QueryLanguage: 'JSONata',
  StartAt: 'First',
  States: {
    First: { ...task('invoke', 'first'), Next: 'Wait for an answer' },
    'Wait for an answer': {
      ...task('invoke.waitForTaskToken', 'hand-over', { token: '{% $states.context.Task.Token %}' }),
      TimeoutSeconds: 3 * HEARTBEAT,
      HeartbeatSeconds: HEARTBEAT,
      Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'Nobody' }],
      Next: 'Last',
    },
    Nobody: { Type: 'Wait', Seconds: 1, Output: 'nobody', Next: 'Last' },
    Last: { ...task('invoke', 'last', { answer: '{% $states.input %}' }), End: true },
  },
};

/** For how many turns of the event loop the disk lets what is written to it wait, and whether it is full then. */
interface Mood {
  readonly turns: number;
  readonly full: boolean;
}

/** What is asked about one execution, and how many turns pass before the next is. */
interface Step {
  readonly deed: 'start' | 'stop' | 'reopen' | 'answer' | 'answer with work' | 'beat' | 'time';
  readonly name: string;
  readonly turns: number;
}

const moods = fc.array(fc.record<Mood>({ turns: fc.nat(4), full: fc.boolean() }), { maxLength: 40 });
const steps = fc.array(
  fc.record<Step>({
    deed: fc.oneof(
      { weight: 1, arbitrary: fc.constantFrom('start', 'stop', 'reopen') },
      { weight: 5, arbitrary: fc.constantFrom('answer', 'answer with work', 'beat', 'time') },
    ),
    name: fc.constantFrom(...NAMES),
    turns: fc.nat(5),
  }),
  { minLength: 10, maxLength: 40 },
);

async function pass(turns: number): Promise<void> {
  for (let passed = 0; passed < turns; passed += 1) await new Promise(setImmediate);
}

/** A disk that takes, or refuses, all together what has come meanwhile; good when it has no mood left. */
function moodyDisk(given: readonly Mood[]) {
  const left = [...given];
  return (commit: Commit): Commit => {
    let waiting: { go(): void; refuse(): void }[] = [];
    const look = async () => {
      const { turns, full } = left.shift() ?? { turns: 0, full: false };
      await pass(1 + turns);
      const writes = waiting;
      waiting = [];
      for (const write of writes) write[full ? 'refuse' : 'go']();
    };
    return <T>(work: () => T) =>
      new Promise<T>((resolve, reject) => {
        waiting.push({
          go: () => void commit(work).then(resolve, reject),
          refuse: () => reject(new DatabaseError('full', 'the disk is full')),
        });
        if (waiting.length === 1) void look();
      });
  };
}

const ENDS = /^Task(Succeeded|Failed|TimedOut)$|^ExecutionAborted$/;

/** Whether the attempt of this token has ended in the history, or its shortest time is over. */
function isOver(events: readonly HistoryEvent[], token: string, now: number): boolean {
  const scheduled = events.find(({ details }) => JSON.stringify(details).includes(token));
  if (scheduled === undefined) return false;
  const ended = events.some(({ id, type }) => id > scheduled.id && ENDS.test(type));
  return ended || now >= scheduled.timestamp + HEARTBEAT * 1_000;
}

/** Executions over such a disk, asked by somebody who notes what is wrong with what they are told. */
function troubled(disk: (commit: Commit) => Commit, insideDatabase: readonly string[]) {
  const called = new Set<string>();
  const tokens = new Map<string, string>();
  const asked: Promise<void>[] = [];
  const acknowledged: string[] = [];
  const wrong: string[] = [];
  let commit: Commit = () => Promise.reject(new Error('not open'));
  const noting = (name: string) => async (payload: unknown) => {
    const { name: execution, answer } = Object(payload);
    called.add(`${execution} ${name}`);
    await commit(() => note(`${execution} ${answer ?? name}`));
    if (isHandOver(payload)) tokens.set(payload.name, payload.token);
  };
  const fixture = engineFixture({
    definition: DEFINITION,
    functions: Object.fromEntries(FUNCTIONS.map((name) => [name, noting(name)])),
    insideDatabase,
    maxConcurrentTasks: 1,
    wrap(real, database) {
      database.exec('CREATE TABLE IF NOT EXISTS noted (what TEXT NOT NULL)');
      commit = disk(real);
      return commit;
    },
  });
  const note = (what: string) => void fixture.database.prepare('INSERT INTO noted VALUES (?)').run(what);
  const select = (sql: string, ...parameters: string[]) =>
    fixture.database
      .prepare(sql)
      .pluck()
      .all(...parameters)
      .map(String);
  const eventsOf = async (name: string) => (await fixture.engine.history(name, { limit: 1_000 })).events;

  const answered = async (name: string, answer: string, work: Promise<unknown>) => {
    await work;
    acknowledged.push(`${name} ${answer}`);
    const [facts] = select('SELECT facts FROM engine_execution WHERE name = ?', name);
    if (!facts?.includes(answer)) wrong.push(`${answer} is acknowledged and not on disk`);
  };
  const ask = async ({ deed, name }: Step, answer: string): Promise<unknown> => {
    const { engine, clock } = fixture;
    if (deed === 'start') return engine.start(name, {});
    if (deed === 'stop') return engine.stop(name, {});
    if (deed === 'time') return clock.set(clock.now() + 4_000);
    const token = tokens.get(name);
    if (deed === 'reopen' || token === undefined) return undefined;
    if (deed === 'beat') return engine.sendTaskHeartbeat(token);
    if (deed === 'answer') return answered(name, answer, engine.sendTaskSuccess(token, answer));
    const work = () => {
      note(`${name} ${answer}`);
      return { committed: true };
    };
    return answered(name, answer, engine.sendTaskSuccessWith(token, answer, work));
  };
  const refused = async (name: string, token: string | undefined, error: unknown): Promise<void> => {
    if (error instanceof DatabaseError) return;
    if (!(error instanceof EngineError)) throw error;
    if (error.name !== 'TaskTimedOut' || token === undefined) return;
    const now = fixture.clock.now();
    // Its engine may have closed since.
    const events = await eventsOf(name).catch(() => undefined);
    if (events !== undefined && !isOver(events, token, now)) wrong.push(`${name} is refused and waits`);
  };

  return {
    async take(step: Step): Promise<void> {
      const token = tokens.get(step.name);
      const answering = ask(step, `answer-${asked.length}`);
      asked.push(
        answering.then(
          () => {},
          (error: unknown) => refused(step.name, token, error),
        ),
      );
      if (step.deed === 'reopen') await fixture.reopen();
      await pass(step.turns);
    },
    /** Lets everything come to its end on a good disk. */
    async wrongAtLast(): Promise<readonly string[]> {
      await fixture.clock.settle();
      await Promise.all(asked);
      await fixture.clock.advance(120_000);
      const happened = [...select('SELECT what FROM noted'), ...acknowledged];
      for (const name of select('SELECT name FROM engine_execution')) {
        const status = fixture.engine.status(name);
        if (status === 'RUNNING') wrong.push(`${name} does not end`);
        const described = await fixture.engine.describe(name);
        if (described?.status !== status) wrong.push(`${name} is not what its facts say`);
        const history = JSON.stringify(await eventsOf(name));
        const ofIt = happened
          .filter((what) => what.startsWith(name))
          .map((what) => what.slice(name.length + 1));
        wrong.push(
          ...ofIt.filter((what) => !history.includes(what)).map((what) => `${name}: ${what} never was`),
        );
        const skipped = FUNCTIONS.filter((what) => status === 'SUCCEEDED' && !called.has(`${name} ${what}`));
        wrong.push(...skipped.map((what) => `${name}: ${what} is skipped`));
      }
      await fixture.engine.close();
      return wrong;
    },
  };
}

it('executions ahead of the disk end, with all that was acknowledged and nothing that the disk refused', async () => {
  const story = fc.asyncProperty(moods, steps, fc.subarray(FUNCTIONS), async (given, asked, inside) => {
    const executions = troubled(moodyDisk(given), inside);
    for (const name of NAMES) await executions.take({ deed: 'start', name, turns: 3 });
    for (const step of asked) await executions.take(step);
    expect(await executions.wrongAtLast()).toEqual([]);
  });
  await fc.assert(story, { numRuns: STORIES, seed: SEED });
});
