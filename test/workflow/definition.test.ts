import jsonata from 'jsonata';
import { describe, expect, test } from 'vitest';
import type { Status } from '../../lib/domain/authorization.ts';
import { PERMANENT_ERROR, TRANSIENT_ERROR } from '../../lib/domain/errors.ts';
import { NOT_RECORDED, workflowDefinition } from '../../lib/workflow/definition.ts';
import { TASK_NAMES } from '../../lib/workflow/task-names.ts';

interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly Arguments?: { readonly FunctionName: string; readonly Payload: unknown };
  readonly Assign?: Readonly<Record<string, string>>;
  readonly TimeoutSeconds?: number | string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly Condition: string; readonly Next: string }[];
  readonly Retry?: readonly { readonly ErrorEquals: readonly string[] }[];
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string }[];
}

const definition = workflowDefinition((task) => `arn of ${task}`);
const states = Object.entries(definition.States as Readonly<Record<string, State>>);
const state = (name: string): State => {
  const found = states.find(([known]) => known === name);
  if (found === undefined) throw new Error(`there is no state ${name}`);
  return found[1];
};

/** What an expression `{% … %}` gives with these variables. */
async function evaluated(text: unknown, variables: Readonly<Record<string, unknown>>): Promise<unknown> {
  const expression = /^\{%(.*)%\}$/s.exec(String(text))?.[1];
  if (expression === undefined) throw new Error(`no expression: ${String(text)}`);
  return jsonata(expression).evaluate({}, variables);
}

/** Where a Choice leads to with these variables. */
async function chosen(
  name: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<string | undefined> {
  const { Choices = [], Default } = state(name);
  for (const { Condition, Next } of Choices)
    if ((await evaluated(Condition, variables)) === true) return Next;
  return Default;
}

const nextOf = ({ Next, Default, Choices = [], Catch = [] }: State): readonly string[] =>
  [Next, Default, ...Choices.map((choice) => choice.Next), ...Catch.map((catcher) => catcher.Next)].filter(
    (next) => next !== undefined,
  );

describe('every way leads on', () => {
  test('to a state that there is', () => {
    const names = states.map(([name]) => name);
    for (const [, one] of states) for (const next of nextOf(one)) expect(names).toContain(next);
  });

  test('and every state lies on one, from the start to an end', () => {
    const reached = new Set<string>();
    const visit = (name: string): void => {
      if (reached.has(name)) return;
      reached.add(name);
      nextOf(state(name)).forEach(visit);
    };
    visit(definition.StartAt);
    expect([...reached].sort()).toEqual(states.map(([name]) => name).sort());
  });

  test('only an end has nothing after it', () => {
    for (const [, one] of states) {
      if (['Succeed', 'Fail'].includes(one.Type)) expect(nextOf(one)).toEqual([]);
      else expect(nextOf(one)).not.toEqual([]);
    }
  });
});

/** By type, no status can be left out. */
const ROUTES: Readonly<Record<Status | typeof NOT_RECORDED, string>> = {
  [NOT_RECORDED]: 'Refused',
  pending: 'AwaitApproval',
  approved: 'DeleteKey',
  destroying: 'DeleteKey',
  lapsed: 'AwaitReauthorization',
  drifted: 'AwaitReauthorization',
  consumed: 'NotifyOutcome',
  denied: 'NotifyOutcome',
  withdrawn: 'NotifyOutcome',
  expired: 'NotifyOutcome',
  superseded: 'NotifyOutcome',
  void: 'NotifyOutcome',
  refused: 'NotifyOutcome',
};

describe('routing is total', () => {
  test.each(Object.entries(ROUTES))('%s leads to %s', async (status, next) => {
    expect(await chosen('Route', { status })).toBe(next);
  });

  test('a status that no version knows ends the execution as failed, and says which', async () => {
    expect(await chosen('Route', { status: 'forgotten' })).toBe('StatusUnknown');
    expect(
      await evaluated((state('StatusUnknown') as { Cause?: string }).Cause, { status: 'forgotten' }),
    ).toBe('No route leads on from the status forgotten');
  });

  test('every step that answers at once is routed by what it found, but the last', () => {
    const steps = states.filter(([, { Resource }]) => Resource === 'arn:aws:states:::lambda:invoke');
    for (const [name, { Next, Assign }] of steps) {
      expect(Next).toBe(name === 'NotifyOutcome' ? 'WasTheKeyDeleted' : 'Route');
      expect(Assign).toEqual({
        status: '{% $states.result.Payload.status %}',
        secondsLeft: '{% $states.result.Payload.secondsLeft %}',
      });
    }
  });

  test('only a consumed authorization ends as deleted', async () => {
    for (const status of Object.keys(ROUTES))
      expect(await chosen('WasTheKeyDeleted', { status })).toBe(status === 'consumed' ? 'Deleted' : 'Closed');
  });

  test('only an approved authorization reaches the step that destroys a key', () => {
    const before = states.filter(([, one]) => nextOf(one).includes('DeleteKey'));
    expect(before.map(([name]) => name)).toEqual(['Route']);
  });
});

const WAITS = [
  ['AwaitApproval', 'SettleWindow', 604_800],
  ['AwaitReauthorization', 'SettleReauthorization', 172_800],
] as const;

describe.each(WAITS)('%s', (name, settling, seconds) => {
  const waiting = state(name);

  test('waits on its task token, which it hands to its function with what orders attempts', () => {
    expect(waiting.Resource).toBe('arn:aws:states:::lambda:invoke.waitForTaskToken');
    expect(waiting.Arguments?.Payload).toMatchObject({
      taskToken: '{% $states.context.Task.Token %}',
      enteredAt: '{% $states.context.State.EnteredTime %}',
      retryCount: '{% $states.context.State.RetryCount %}',
    });
  });

  test(`waits for the seconds that are left, at least one, and ${seconds} where nobody said`, async () => {
    const waited = (secondsLeft: unknown) => evaluated(waiting.TimeoutSeconds, { secondsLeft });
    expect(await waited(3_600)).toBe(3_600);
    expect(await waited(0)).toBe(1);
    expect(await waited(null)).toBe(seconds);
    expect(await waited(undefined)).toBe(seconds);
  });

  test(`goes to ${settling} when it is woken and when its time is over, whatever the callback says`, () => {
    expect(waiting.Next).toBe(settling);
    expect(waiting.Catch).toEqual([{ ErrorEquals: ['States.Timeout'], Next: settling }]);
    expect(waiting).not.toHaveProperty('Assign');
  });

  test('is not waited out again when its time is over', () => {
    for (const { ErrorEquals } of waiting.Retry ?? []) expect(ErrorEquals).not.toContain('States.Timeout');
  });
});

describe('what is tried again', () => {
  const tasks = states.filter(([, { Type }]) => Type === 'Task');

  test.each(tasks)('%s repeats what may pass, and never a mistake or everything', (_, { Retry = [] }) => {
    const names = Retry.flatMap(({ ErrorEquals }) => ErrorEquals);
    expect(names).toContain(TRANSIENT_ERROR);
    expect(names).toContain('Lambda.TooManyRequestsException');
    // How Lambda names a function that ran out of its time, in newer runtimes and in older ones.
    expect(names).toEqual(expect.arrayContaining(['Sandbox.Timedout', 'Lambda.Unknown']));
    for (const everything of [PERMANENT_ERROR, 'States.ALL', 'States.TaskFailed'])
      expect(names).not.toContain(everything);
  });

  test('and every step ends within a minute, or waits for as long as it is told', () => {
    for (const [, { Resource, TimeoutSeconds }] of tasks) {
      if (Resource?.endsWith('.waitForTaskToken')) expect(TimeoutSeconds).toBeTypeOf('string');
      else expect(TimeoutSeconds).toBe(60);
    }
  });
});

test('every task is one state, under the name that its function is given', () => {
  const called = states.flatMap(([, { Arguments }]) => Arguments?.FunctionName ?? []);
  expect(called.sort()).toEqual(TASK_NAMES.map((task) => `arn of ${task}`).sort());
});

test('no task token leads anywhere but to the two functions that store it', () => {
  const mentioning = states.filter(([, one]) => JSON.stringify(one).includes('Task.Token'));
  expect(mentioning.map(([name]) => name)).toEqual(WAITS.map(([name]) => name));
});
