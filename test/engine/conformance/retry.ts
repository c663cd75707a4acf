import { type ConformanceCase, type Expected, LAMBDA, task } from './case.ts';

const failing = { throw: { error: 'Busy', cause: 'later' } };
const done = { return: 1 };

/** Attempts at these seconds, each but the last failing; then the given end. */
function attempts(seconds: readonly number[], end: 'succeeds' | 'fails', error = 'Busy'): Expected[] {
  const history: Expected[] = [
    ['ExecutionStarted', 0],
    ['TaskStateEntered', 0],
  ];
  let id = 2;
  for (const [i, at] of seconds.entries()) {
    const failed = end === 'fails' || i < seconds.length - 1;
    history.push(['TaskScheduled', id, scheduled, at], ['TaskStarted', id + 1]);
    history.push([failed ? 'TaskFailed' : 'TaskSucceeded', id + 2]);
    id += 3;
  }
  if (end === 'fails') return [...history, ['ExecutionFailed', id, { error, cause: 'later' }]];
  return [...history, ['TaskStateExited', id], ['ExecutionSucceeded', id + 1]];
}

const parameters = { FunctionName: 'A', Payload: {} };
const scheduled = { ...LAMBDA, parameters };

const retrying = (...retriers: object[]) => ({ A: task('A', { Retry: retriers, Output: 1 }) });

export const RETRY: readonly ConformanceCase[] = [
  {
    name: 'by default three retries, after 1, 2 and 4 seconds',
    states: retrying({ ErrorEquals: ['Busy'] }),
    results: { A: [failing] },
    status: 'FAILED',
    error: 'Busy',
    history: attempts([0, 1, 3, 7], 'fails'),
  },
  {
    name: 'a retry that succeeds ends the state as if nothing had been',
    states: retrying({ ErrorEquals: ['Busy'] }),
    results: { A: [failing, failing, done] },
    status: 'SUCCEEDED',
    output: 1,
    history: attempts([0, 1, 3], 'succeeds'),
  },
  {
    name: 'interval, backoff and the longest delay',
    states: retrying({
      ErrorEquals: ['Busy'],
      IntervalSeconds: 3,
      BackoffRate: 1.5,
      MaxDelaySeconds: 5,
      MaxAttempts: 4,
      Comment: 'slowly',
    }),
    results: { A: [failing, failing, failing, failing, done] },
    status: 'SUCCEEDED',
    output: 1,
    history: attempts([0, 3, 7.5, 12.5, 17.5], 'succeeds'),
  },
  {
    name: 'MaxAttempts 0 never retries',
    states: retrying({ ErrorEquals: ['Busy'], MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }),
    results: { A: [failing] },
    status: 'FAILED',
    error: 'Busy',
    history: attempts([0], 'fails'),
  },
  {
    name: 'an error that no retrier names is not retried',
    states: retrying({ ErrorEquals: ['Other'] }),
    results: { A: [failing] },
    status: 'FAILED',
    error: 'Busy',
    history: attempts([0], 'fails'),
  },
  {
    name: 'each retrier counts its own attempts',
    states: retrying(
      { ErrorEquals: ['Other'], MaxAttempts: 1, IntervalSeconds: 10 },
      { ErrorEquals: ['States.ALL'], MaxAttempts: 1, IntervalSeconds: 20 },
    ),
    results: { A: [failing, { throw: { error: 'Other', cause: 'later' } }, failing] },
    status: 'FAILED',
    error: 'Busy',
    history: attempts([0, 20, 30], 'fails'),
  },
  {
    name: 'States.TaskFailed retries any error of a task',
    states: retrying({ ErrorEquals: ['States.TaskFailed'], MaxAttempts: 1 }),
    results: { A: [failing, done] },
    status: 'SUCCEEDED',
    output: 1,
    history: attempts([0, 1], 'succeeds'),
  },
  {
    name: 'States.TaskFailed does not retry a time-out',
    states: { A: task('A', { TimeoutSeconds: 5, Retry: [{ ErrorEquals: ['States.TaskFailed'] }] }) },
    results: { A: [{ never: true }] },
    status: 'FAILED',
    error: 'States.Timeout',
    history: [
      ['ExecutionStarted', 0],
      ['TaskStateEntered', 0],
      ['TaskScheduled', 2],
      ['TaskStarted', 3],
      ['TaskTimedOut', 4],
      ['ExecutionFailed', 5],
    ],
  },
  {
    name: 'States.ALL retries a time-out',
    states: { A: task('A', { TimeoutSeconds: 5, Output: 1, Retry: [{ ErrorEquals: ['States.ALL'] }] }) },
    results: { A: [{ never: true }, done] },
    status: 'SUCCEEDED',
    output: 1,
    history: [
      ['ExecutionStarted', 0],
      ['TaskStateEntered', 0],
      ['TaskScheduled', 2],
      ['TaskStarted', 3],
      ['TaskTimedOut', 4, { ...LAMBDA, error: 'States.Timeout' }, 5],
      ['TaskScheduled', 5, { ...LAMBDA, parameters, timeoutInSeconds: 5 }, 6],
      ['TaskStarted', 6],
      ['TaskSucceeded', 7],
      ['TaskStateExited', 8],
      ['ExecutionSucceeded', 9],
    ],
  },
  {
    name: 'the arguments are evaluated anew for each attempt, with its count',
    states: {
      A: task('A', {
        Arguments: { FunctionName: 'A', Payload: '{% $states.context.State.RetryCount %}' },
        Retry: [{ ErrorEquals: ['Busy'] }],
        Output: '{% $states.result.Payload %}',
      }),
    },
    results: { A: [failing, { return: 'ok' }] },
    status: 'SUCCEEDED',
    output: 'ok',
    history: [
      ['ExecutionStarted', 0],
      ['TaskStateEntered', 0],
      ['TaskScheduled', 2, { ...LAMBDA, parameters: { FunctionName: 'A', Payload: 0 } }],
      ['TaskStarted', 3],
      ['TaskFailed', 4],
      ['TaskScheduled', 5, { ...LAMBDA, parameters: { FunctionName: 'A', Payload: 1 } }],
      ['TaskStarted', 6],
      ['TaskSucceeded', 7],
      ['TaskStateExited', 8],
      ['ExecutionSucceeded', 9],
    ],
  },
  {
    name: 'a state that is entered again counts anew',
    states: {
      A: task('A', {
        Retry: [{ ErrorEquals: ['Busy'], MaxAttempts: 1 }],
        Output: { n: '{% $states.input.n + 1 %}' },
        End: undefined,
        Next: 'B',
      }),
      B: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $states.input.n < 2 %}', Next: 'A' }],
        Default: 'C',
      },
      C: { Type: 'Succeed' },
    },
    input: { n: 0 },
    results: { A: [failing, done, failing, done] },
    status: 'SUCCEEDED',
    output: { n: 2 },
    history: [
      ['ExecutionStarted', 0],
      ['TaskStateEntered', 0],
      ['TaskScheduled', 2],
      ['TaskStarted', 3],
      ['TaskFailed', 4],
      ['TaskScheduled', 5],
      ['TaskStarted', 6],
      ['TaskSucceeded', 7],
      ['TaskStateExited', 8],
      ['ChoiceStateEntered', 9],
      ['ChoiceStateExited', 10],
      ['TaskStateEntered', 11],
      ['TaskScheduled', 12],
      ['TaskStarted', 13],
      ['TaskFailed', 14],
      ['TaskScheduled', 15],
      ['TaskStarted', 16],
      ['TaskSucceeded', 17],
      ['TaskStateExited', 18],
      ['ChoiceStateEntered', 19],
      ['ChoiceStateExited', 20],
      ['SucceedStateEntered', 21],
      ['SucceedStateExited', 22],
      ['ExecutionSucceeded', 23],
    ],
  },
];
