import { type ConformanceCase, task } from './case.ts';

const failing = { throw: { error: 'Broken', cause: 'it fell' } };
const errorOutput = { Error: 'Broken', Cause: 'it fell' };
const failed = [
  ['ExecutionStarted', 0],
  ['TaskStateEntered', 0],
  ['TaskScheduled', 2],
  ['TaskStarted', 3],
  ['TaskFailed', 4],
] as const;
const rest = [
  ['SucceedStateEntered', 6],
  ['SucceedStateExited', 7],
  ['ExecutionSucceeded', 8],
] as const;
const catching = (...catchers: object[]) => ({
  A: task('A', { Catch: catchers }),
  B: { Type: 'Succeed' },
});

export const CATCH: readonly ConformanceCase[] = [
  {
    name: 'a Catcher without Output passes on the error',
    states: catching({ ErrorEquals: ['Broken'], Next: 'B', Comment: 'mend' }),
    input: { a: 1 },
    results: { A: [failing] },
    status: 'SUCCEEDED',
    output: errorOutput,
    history: [...failed, ['TaskStateExited', 5, { name: 'A', output: errorOutput }], ...rest],
  },
  {
    name: "a Catcher's Output and Assign see the error, the input and the variables",
    states: catching({
      ErrorEquals: ['States.ALL'],
      Next: 'B',
      Output: { error: '{% $states.errorOutput.Error %}', input: '{% $states.input %}' },
      Assign: { why: '{% $states.errorOutput.Cause %}' },
    }),
    input: { a: 1 },
    results: { A: [failing] },
    status: 'SUCCEEDED',
    output: { error: 'Broken', input: { a: 1 } },
    history: [
      ...failed,
      [
        'TaskStateExited',
        5,
        {
          name: 'A',
          output: { error: 'Broken', input: { a: 1 } },
          assignedVariables: { why: '"it fell"' },
        },
      ],
      ...rest,
    ],
  },
  {
    name: 'the first Catcher that matches is taken, after the retries',
    states: {
      A: task('A', {
        Retry: [{ ErrorEquals: ['Broken'], MaxAttempts: 1 }],
        Catch: [
          { ErrorEquals: ['Other'], Next: 'C' },
          { ErrorEquals: ['Else', 'Broken'], Next: 'B' },
          { ErrorEquals: ['States.ALL'], Next: 'C' },
        ],
      }),
      B: { Type: 'Succeed' },
      C: { Type: 'Fail' },
    },
    results: { A: [failing] },
    status: 'SUCCEEDED',
    output: errorOutput,
    history: [
      ...failed,
      ['TaskScheduled', 5],
      ['TaskStarted', 6],
      ['TaskFailed', 7],
      ['TaskStateExited', 8],
      ['SucceedStateEntered', 9, { name: 'B', input: errorOutput }],
      ['SucceedStateExited', 10],
      ['ExecutionSucceeded', 11],
    ],
  },
  {
    name: 'an error that no Catcher names fails the execution',
    states: catching({ ErrorEquals: ['Other'], Next: 'B' }),
    results: { A: [failing] },
    status: 'FAILED',
    error: 'Broken',
    history: [...failed, ['ExecutionFailed', 5]],
  },
  {
    name: 'empty Retry and Catch lists are accepted',
    states: { A: task('A', { Retry: [], Catch: [] }) },
    results: { A: [failing] },
    status: 'FAILED',
    error: 'Broken',
    history: [...failed, ['ExecutionFailed', 5]],
  },
  {
    name: 'a time-out that is caught has an empty cause',
    states: {
      A: task('A', { TimeoutSeconds: 5, Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'B' }] }),
      B: { Type: 'Succeed' },
    },
    results: { A: [{ never: true }] },
    status: 'SUCCEEDED',
    output: { Error: 'States.Timeout', Cause: '' },
    history: [
      ...failed.slice(0, 4),
      ['TaskTimedOut', 4],
      ['TaskStateExited', 5, { name: 'A', output: { Error: 'States.Timeout', Cause: '' } }, 5],
      ...rest,
    ],
  },
  {
    name: 'nothing catches States.Runtime',
    states: catching({ ErrorEquals: ['States.ALL'], Next: 'B' }),
    results: { A: [{ throw: { error: 'States.Runtime', cause: 'no' } }] },
    status: 'FAILED',
    error: 'States.Runtime',
    history: [...failed, ['ExecutionFailed', 5]],
  },
  {
    name: "an evaluation error in a Catcher's Output is not caught again",
    states: catching({ ErrorEquals: ['States.ALL'], Next: 'B', Output: '{% $gone %}' }),
    results: { A: [failing] },
    status: 'FAILED',
    error: 'States.QueryEvaluationError',
    history: [...failed, ['EvaluationFailed', 0], ['ExecutionFailed', 6]],
  },
];
