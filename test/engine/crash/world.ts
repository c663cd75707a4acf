import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { TaskFunction } from '../../../lib/engine/engine.ts';
import { isHandOver } from '../support/machines.ts';

/** Two tasks around a token; whoever is not answered within a second is late. One task fails now and then. */
export const DEFINITION = {
  QueryLanguage: 'JSONata',
  StartAt: 'Record',
  States: {
    Record: {
      ...task('invoke', 'record'),
      Retry: [{ ErrorEquals: ['Flaky'], MaxDelaySeconds: 1, MaxAttempts: 9, JitterStrategy: 'FULL' }],
      Output: '{% $states.input %}',
      Next: 'Await',
    },
    Await: {
      ...task('invoke.waitForTaskToken', 'hand-over'),
      TimeoutSeconds: 1,
      Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'Late' }],
      Next: 'Finish',
    },
    Finish: { ...task('invoke', 'finish'), Output: '{% $states.input %}', End: true },
    Late: { Type: 'Succeed', Output: 'late' },
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

/** Something that happened outside the engine: asked of it, acknowledged by it, or done by one of its functions. */
export interface Deed {
  readonly deed: 'started' | 'recorded' | 'handed' | 'answered' | 'finished';
  readonly name: string;
  readonly token?: string;
}

/** What the world outside remembers, in a file that outlives a kill: a written line is the kernel's. */
export function world(path: string) {
  const note = (deed: Deed): void => appendFileSync(path, `${JSON.stringify(deed)}\n`);
  const read = (): Deed[] =>
    existsSync(path)
      ? readFileSync(path, 'utf8')
          .split('\n')
          .filter(Boolean)
          .map((line): Deed => JSON.parse(line))
      : [];
  return { note, read };
}

/** Every third execution is left without an answer. */
export const isAnswered = (name: string): boolean => Number(name.slice(1)) % 3 !== 0;

export function functionsOf(
  note: (deed: Deed) => void,
  answer: (name: string, token: string) => void,
): Record<string, TaskFunction> {
  const nameIn = (payload: unknown) => String(Object(payload).name);
  return {
    record: async (payload) => {
      note({ deed: 'recorded', name: nameIn(payload) });
      if (Math.random() < 0.1) throw Object.assign(new Error('try again'), { name: 'Flaky' });
    },
    'hand-over': async (payload) => {
      if (!isHandOver(payload)) throw new Error('no token');
      const { name, token } = payload;
      note({ deed: 'handed', name, token });
      if (isAnswered(name)) setTimeout(() => answer(name, token), Math.random() * 50);
    },
    finish: async (payload) => {
      note({ deed: 'finished', name: nameIn(payload) });
    },
  };
}
