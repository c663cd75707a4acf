import { describe, expect, test } from 'vitest';
import { REHEARSAL_START, rehearse } from '../../../lib/engine/rehearsal/rehearse.ts';
import type { Script, Scripted } from '../../../lib/engine/rehearsal/script.ts';
import { CALLBACKS } from '../conformance/callbacks.ts';
import { type ConformanceCase, callback, task } from '../conformance/case.ts';
import { CATCH } from '../conformance/catch.ts';
import { CHOICE } from '../conformance/choice.ts';
import { EVALUATION } from '../conformance/evaluation.ts';
import { PLAIN } from '../conformance/plain.ts';
import { RETRY } from '../conformance/retry.ts';
import { comparable, definitionOf } from '../conformance/run.ts';
import { TASKS } from '../conformance/tasks.ts';

const HOUR = 3_600_000;
const ALL = [...PLAIN, ...TASKS, ...CALLBACKS, ...CHOICE, ...RETRY, ...CATCH, ...EVALUATION];

const tasksOf = ({ states }: ConformanceCase): readonly string[] =>
  Object.entries(states).flatMap(([name, state]) => ('Resource' in state ? [name] : []));

/** Some cases echo what the task was given, stop the execution, or count on the engine's limit of a function. */
const canBeScripted = (given: ConformanceCase): boolean =>
  given.stopAtSeconds === undefined &&
  tasksOf(given).every((name) => given.results?.[name] !== undefined) &&
  !JSON.stringify(given).includes('Sandbox.Timedout');

/** The cases' tokens are answered after a second where they do not say. */
const scriptOf = (given: ConformanceCase): Script =>
  Object.fromEntries(
    Object.entries(given.results ?? {})
      .filter(([name]) => tasksOf(given).includes(name))
      .map(([name, entries]) => [name, entries.map((entry) => withDelay(entry, given.states[name] ?? {}))]),
  );

const withDelay = (entry: Scripted, state: object): Scripted =>
  JSON.stringify(state).includes('waitForTaskToken') ? { afterSeconds: 1, ...entry } : entry;

describe('the cases of conformance come out of a rehearsal as they come out of the engine', () => {
  const cases = ALL.filter(canBeScripted);

  test('most of them can be scripted', () => {
    expect(cases.length).toBeGreaterThan(60);
  });

  test.each(cases)('$name', async (given) => {
    const request = {
      definition: definitionOf(given),
      input: given.input ?? {},
      script: scriptOf(given),
    };
    const { status, output, error, events } = await rehearse(request);
    expect({ status, output, error }).toEqual({
      status: given.status,
      output: given.output,
      error: given.error,
    });
    const shown = events.map((event, i) =>
      comparable(event, REHEARSAL_START).slice(0, Math.max(2, given.history[i]?.length ?? 0)),
    );
    expect(shown).toEqual(given.history);
  });
});

const machine = (states: object, more: object = {}) => ({
  QueryLanguage: 'JSONata',
  StartAt: Object.keys(states)[0],
  States: states,
  ...more,
});

const typesOf = ({ events }: Awaited<ReturnType<typeof rehearse>>) => events.map(({ type }) => type);

describe('the script', () => {
  test('runs on when a state is entered again, and repeats its last entry', async () => {
    const definition = machine({
      Ask: task('Ask', { Output: '{% $states.result.Payload %}', End: undefined, Next: 'Enough' }),
      Enough: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $states.input.count >= 3 %}', Next: 'Done' }],
        Default: 'Ask',
      },
      Done: task('Done', { Output: '{% $states.result.Payload %}' }),
    });
    const script = {
      Ask: [{ return: { count: 1 } }, { return: { count: 2 } }, { return: { count: 3 } }],
      Done: [{ return: 'done' }],
    };
    const { status, output, events } = await rehearse({ definition, input: {}, script });
    expect({ status, output }).toEqual({ status: 'SUCCEEDED', output: 'done' });
    expect(events.filter(({ type }) => type === 'TaskScheduled')).toHaveLength(4);
  });

  test('goes by the state and not by the function, which states may share', async () => {
    const shared = { Arguments: { FunctionName: '${Shared}' }, Output: '{% $states.result.Payload %}' };
    const definition = machine({
      First: task('First', {
        ...shared,
        Assign: { first: '{% $states.result.Payload %}' },
        End: undefined,
        Next: 'Second',
      }),
      Second: task('Second', { ...shared, Output: '{% [$first, $states.result.Payload] %}' }),
    });
    const script = { First: [{ return: 1 }], Second: [{ return: 2 }] };
    expect(await rehearse({ definition, input: {}, script })).toMatchObject({ output: [1, 2] });
  });

  test('a task that never answers runs into its own time-out, whatever a function may take', async () => {
    const definition = machine({ A: task('A', { TimeoutSeconds: 7_200 }) });
    const { status, error, stopDate } = await rehearse({
      definition,
      input: {},
      script: { A: [{ never: true }] },
    });
    expect({ status, error, stopDate }).toEqual({
      status: 'FAILED',
      error: 'States.Timeout',
      stopDate: REHEARSAL_START + 2 * HOUR,
    });
  });

  test('an answer at the deadline is late, one a second before is not', async () => {
    const definition = machine({ A: callback('A', { TimeoutSeconds: 60 }) });
    const run = (afterSeconds: number) =>
      rehearse({ definition, input: {}, script: { A: [{ return: 1, afterSeconds }] } });
    expect((await run(60)).status).toBe('FAILED');
    expect((await run(59)).status).toBe('SUCCEEDED');
  });

  test('what a task returns has the limit that it would have', async () => {
    const definition = machine({ A: task('A') });
    const script = { A: [{ return: 'x'.repeat(300_000) }] };
    expect(await rehearse({ definition, input: {}, script })).toMatchObject({
      error: 'States.DataLimitExceeded',
    });
  });

  test('that does not fit the definition is refused before anything runs, by state', async () => {
    const definition = machine({
      A: task('A', { End: undefined, Next: 'B' }),
      B: task('B', { End: undefined, Next: 'C' }),
      C: { Type: 'Succeed' },
    });
    const refused = (script: Script, message: string) =>
      expect(rehearse({ definition, input: {}, script })).rejects.toThrow(message);
    await refused({}, 'the results have no entry for the states "A", "B"');
    const A = [{ return: 1 }];
    await refused({ A, B: [] }, 'the results have no entry for the state "B"');
    await refused({ A, B: A, C: A }, 'entries for the state "C": only a Task answers');
    await refused(
      { A, B: [{ never: true, heartbeatsAtSeconds: [1] }] },
      'state "B", which has no task token',
    );
  });
});

describe('what never ends', () => {
  test('a wait for ever is left after a year', async () => {
    const definition = machine({ A: callback('A') });
    const run = await rehearse({ definition, input: {}, script: { A: [{ never: true }] } });
    expect(run.status).toBe('RUNNING');
    expect(run.unfinished).toBe('it was not followed beyond 365 days: it still waits in the state "A"');
    expect(typesOf(run).at(-1)).toBe('TaskSubmitted');
  });

  test('a loop fails at 25,000 events, as it would', async () => {
    const definition = machine({ A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' } });
    const run = await rehearse({ definition, input: {}, script: {} });
    expect(run.events).toHaveLength(25_000);
    expect(run).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
  });

  test('a loop of waits is left after a year', async () => {
    const definition = machine({ A: { Type: 'Wait', Seconds: 86_400, Next: 'A' } });
    const run = await rehearse({ definition, input: {}, script: {} });
    expect(run.unfinished).toContain('365 days');
  });
});

test('the same request gives the same history, chance and times included', async () => {
  const definition = machine({
    A: { Type: 'Pass', Output: '{% [$random(), $uuid(), $now()] %}', End: true },
  });
  const request = { definition, input: {}, script: {} };
  expect(await rehearse(request)).toEqual(await rehearse(request));
});
