import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Commit, Database } from '../../../lib/engine/database.ts';
import type { ExecutionDescription, HistoryEvent, TaskFunction } from '../../../lib/engine/engine.ts';
import { isHandOver } from '../support/machines.ts';

/** What becomes of an execution, by its number. Between them they have every kind of fact happen. */
const FATES = ['answered', 'denied', 'late', 'stopped', 'expiring', 'long', 'beating'] as const;
export type Fate = (typeof FATES)[number];

export const fateOf = (name: string): Fate => FATES[Number(name.slice(1)) % FATES.length] ?? 'answered';

/** More than an execution's row holds before its facts are set aside. */
const LONG = 'x'.repeat(17_000);

export const inputOf = (name: string): object => ({
  name,
  fate: fateOf(name),
  ...(fateOf(name) === 'long' ? { filler: LONG } : {}),
});

/** In seconds, of the fast clock. */
export const EXPIRES_AFTER = 40;
export const LATE_WAIT = 1;

/** Two tasks around a token, whose time is short; one task fails now and then, some sleep until their time is over. */
export const DEFINITION = {
  QueryLanguage: 'JSONata',
  StartAt: 'Record',
  TimeoutSeconds: EXPIRES_AFTER,
  States: {
    Record: {
      ...task('invoke', 'record'),
      Retry: [{ ErrorEquals: ['Flaky'], MaxDelaySeconds: 1, MaxAttempts: 9, JitterStrategy: 'FULL' }],
      Output: '{% $states.input %}',
      Next: 'Route',
    },
    Route: {
      Type: 'Choice',
      Choices: [{ Condition: "{% $states.input.fate = 'expiring' %}", Next: 'Sleep' }],
      Default: 'Await',
    },
    Await: {
      ...task('invoke.waitForTaskToken', 'hand-over'),
      TimeoutSeconds: "{% $states.input.fate = 'late' ? 2 : 30 %}",
      HeartbeatSeconds: "{% $states.input.fate = 'late' ? 1 : 10 %}",
      Catch: [
        { ErrorEquals: ['States.Timeout'], Next: 'Late' },
        { ErrorEquals: ['Denied'], Next: 'Refused' },
      ],
      Next: 'Finish',
    },
    Finish: { ...task('invoke', 'finish'), Output: '{% $states.input %}', End: true },
    Late: { Type: 'Wait', Seconds: LATE_WAIT, Output: 'late', End: true },
    Refused: { Type: 'Succeed', Output: 'denied' },
    Sleep: { Type: 'Wait', Seconds: 3_600, End: true },
  },
};

function task(resource: string, name: string) {
  const token = resource.includes('Token') ? { token: '{% $states.context.Task.Token %}' } : {};
  return {
    Type: 'Task',
    Resource: `arn:aws:states:::lambda:${resource}`,
    Arguments: { FunctionName: name, Payload: { name: '{% $states.context.Execution.Name %}', ...token } },
  };
}

/** Something that happened outside the engine: asked of it and acknowledged by it, or done by one of its functions. */
export interface Deed {
  readonly deed:
    | 'started'
    | 'recorded'
    | 'handed'
    | 'beaten'
    | 'answered'
    | 'denied'
    | 'stopped'
    | 'finished';
  readonly name: string;
  readonly token?: string;
  /** By the fast clock, before it was asked. */
  readonly at?: number;
}

/** An execution that its retention has let go of. */
export type Kept = ExecutionDescription & { readonly events: readonly HistoryEvent[] };

/** What the world outside remembers, in files that outlive a kill: what was written is the kernel's. */
export function world(path: string) {
  const deeds = `${path}.deeds`;
  const kept = `${path}.kept`;
  return {
    note: (deed: Deed): void => appendFileSync(deeds, `${JSON.stringify(deed)}\n`),
    keep: (executions: readonly object[]): void =>
      appendFileSync(kept, executions.map((one) => `${JSON.stringify(one).replaceAll(LONG, '')}\n`).join('')),
    deeds: (): readonly Deed[] => linesOf<Deed>(deeds),
    kept: (): readonly Kept[] => linesOf<Kept>(kept),
    /** After a kill: what was cut off stands alone in its line. */
    mend: (): void => {
      for (const file of [deeds, kept]) appendFileSync(file, '\n');
    },
  };
}

export type World = ReturnType<typeof world>;

/** Where functions note what they do. */
interface Notes {
  readonly note: (deed: Deed) => void | Promise<void>;
}

/** What functions remember in the engine's own database: where that is all that they do, they may come before its disk. */
export function inside(database: Database, commit: Commit): Notes {
  database.exec('CREATE TABLE IF NOT EXISTS deed (deed TEXT NOT NULL) STRICT');
  const insert = database.prepare('INSERT INTO deed (deed) VALUES (?)');
  return { note: (deed) => commit(() => void insert.run(JSON.stringify(deed))) };
}

/** The deeds in a database. */
export function deedsInside(database: Database): readonly Deed[] {
  const [table] = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'deed'").all();
  if (table === undefined) return [];
  const deeds = database.prepare('SELECT deed FROM deed').pluck().all();
  return deeds.map((deed): Deed => JSON.parse(String(deed)));
}

function linesOf<T>(path: string): readonly T[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line): T[] => {
      // A kill can cut a line off; then whoever wrote it had not gone on.
      if (!line.endsWith('}')) return [];
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
}

/**
 * The functions of the definition, which note what they do.
 * @param handed told of each token, while its function still runs.
 */
export function functionsOf(
  { note }: Notes,
  handed: (name: string, token: string) => void,
): Record<string, TaskFunction> {
  const nameIn = (payload: unknown) => String(Object(payload).name);
  return {
    record: async (payload) => {
      await note({ deed: 'recorded', name: nameIn(payload) });
      if (Math.random() < 0.1) throw Object.assign(new Error('try again'), { name: 'Flaky' });
    },
    'hand-over': async (payload) => {
      if (!isHandOver(payload)) throw new Error('no token');
      await note({ deed: 'handed', ...payload });
      handed(payload.name, payload.token);
    },
    finish: async (payload) => {
      await note({ deed: 'finished', name: nameIn(payload) });
    },
  };
}
