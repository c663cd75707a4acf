import { describe, expect, it } from 'vitest';
import { CALLBACKS } from './callbacks.ts';
import type { ConformanceCase } from './case.ts';
import { CATCH } from './catch.ts';
import { CHOICE } from './choice.ts';
import { EVALUATION } from './evaluation.ts';
import { PLAIN } from './plain.ts';
import { RETRY } from './retry.ts';
import { comparable, runCase } from './run.ts';
import { TASKS } from './tasks.ts';

const SUITES: { readonly [title: string]: readonly ConformanceCase[] } = {
  'Pass, Wait, Succeed and Fail': PLAIN,
  Task: TASKS,
  'Task with a token': CALLBACKS,
  Choice: CHOICE,
  Retry: RETRY,
  Catch: CATCH,
  evaluation: EVALUATION,
};

describe.each(Object.entries(SUITES))('%s', (_, cases) => {
  it.each(cases)('$name', async (given) => {
    await check(given, await runCase(given, false));
  });

  it.each(cases.filter(waits))('$name, with a restart at every wait', async (given) => {
    await check(given, await runCase(given, true));
  });
});

const waits = ({ states, history }: ConformanceCase): boolean =>
  JSON.stringify(states).includes('Wait') ||
  history.filter(([type]) => type.endsWith('Scheduled')).length > 1;

async function check(given: ConformanceCase, run: Awaited<ReturnType<typeof runCase>>): Promise<void> {
  const { engine, events, problems } = run;
  const start = events[0]?.timestamp ?? 0;
  const actual = events.map((event, i) => {
    const wanted = given.history[i] ?? [];
    return comparable(event, start).slice(0, Math.max(2, wanted.length));
  });
  expect(actual).toEqual(given.history);
  expect(events.map(({ id }) => id)).toEqual(events.map((_, i) => i + 1));
  expect(problems).toEqual([]);
  const described = await engine.describe('execution');
  expect(described?.status).toBe(given.status);
  expect(described?.output).toEqual(given.output);
  expect(described?.error).toEqual(given.error);
}
