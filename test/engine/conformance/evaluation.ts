import { type ConformanceCase, task } from './case.ts';

const started = ['ExecutionStarted', 0] as const;
const where = (state: string, id: number) =>
  `An error occurred while executing the state '${state}' (entered at the event id #${id}).`;
const nothing = (expression: string, field: string) =>
  `The JSONata expression '${expression}' specified for the field '${field}' returned nothing (undefined).`;
const evaluationFailed = (cause: string, location: string, state = 'A') => ({
  cause,
  error: 'States.QueryEvaluationError',
  location,
  state,
});

export const EVALUATION: readonly ConformanceCase[] = [
  {
    name: 'an Output that returns nothing fails the execution, pointing before the state',
    states: {
      A: { Type: 'Pass', Next: 'B' },
      B: { Type: 'Pass', Output: { result: '{% $doesNotExist %}' }, End: true },
    },
    status: 'FAILED',
    error: 'States.QueryEvaluationError',
    history: [
      started,
      ['PassStateEntered', 0],
      ['PassStateExited', 2],
      ['PassStateEntered', 3],
      [
        'EvaluationFailed',
        3,
        evaluationFailed(
          `${where('B', 4)} ${nothing('$doesNotExist', 'Output/result')}`,
          'Output/result',
          'B',
        ),
      ],
      [
        'ExecutionFailed',
        5,
        {
          error: 'States.QueryEvaluationError',
          cause: `${where('B', 4)} ${nothing('$doesNotExist', 'Output/result')}`,
        },
      ],
    ],
  },
  {
    name: 'an Assign that returns nothing',
    states: { A: { Type: 'Pass', Assign: { result: '{% $states.input.gone %}' }, End: true } },
    status: 'FAILED',
    error: 'States.QueryEvaluationError',
    history: [
      started,
      ['PassStateEntered', 0],
      [
        'EvaluationFailed',
        0,
        evaluationFailed(
          `${where('A', 2)} ${nothing('$states.input.gone', 'Assign/result')}`,
          'Assign/result',
        ),
      ],
      ['ExecutionFailed', 3],
    ],
  },
  {
    name: 'an expression that throws tells why',
    states: { A: { Type: 'Pass', Output: '{% $randomSeeded(1) %}', End: true } },
    status: 'FAILED',
    error: 'States.QueryEvaluationError',
    history: [
      started,
      ['PassStateEntered', 0],
      [
        'EvaluationFailed',
        0,
        evaluationFailed(
          `${where('A', 2)} The JSONata expression '$randomSeeded(1)' specified for the field 'Output' threw an error during evaluation. T1006: Attempted to invoke a non-function`,
          'Output',
        ),
      ],
      ['ExecutionFailed', 3],
    ],
  },
  {
    name: 'a function is no value',
    states: { A: { Type: 'Pass', Output: '{% $fn := function($x){$x} %}', End: true } },
    status: 'FAILED',
    error: 'States.QueryEvaluationError',
    history: [
      started,
      ['PassStateEntered', 0],
      [
        'EvaluationFailed',
        0,
        evaluationFailed(
          `${where('A', 2)} The JSONata expression '$fn := function($x){$x}' specified for the field 'Output' returned an unsupported result type.`,
          'Output',
        ),
      ],
      ['ExecutionFailed', 3],
    ],
  },
  {
    name: 'Arguments that return nothing, in a place within them',
    states: { A: task('A', { Arguments: { FunctionName: '{% $gone %}' } }) },
    status: 'FAILED',
    error: 'States.QueryEvaluationError',
    history: [
      started,
      ['TaskStateEntered', 0],
      [
        'EvaluationFailed',
        0,
        evaluationFailed(
          `${where('A', 2)} ${nothing('$gone', 'Arguments/FunctionName')}`,
          'Arguments/FunctionName',
        ),
      ],
      ['ExecutionFailed', 3],
    ],
  },
  {
    name: 'an evaluation error of a Task can be caught',
    states: {
      A: task('A', {
        Output: '{% $gone %}',
        Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'B', Output: 'caught' }],
      }),
      B: { Type: 'Succeed' },
    },
    status: 'SUCCEEDED',
    output: 'caught',
    history: [
      started,
      ['TaskStateEntered', 0],
      ['TaskScheduled', 2],
      ['TaskStarted', 3],
      ['TaskSucceeded', 4],
      ['EvaluationFailed', 0],
      ['TaskStateExited', 6, { name: 'A', output: 'caught' }],
      ['SucceedStateEntered', 7],
      ['SucceedStateExited', 8],
      ['ExecutionSucceeded', 9],
    ],
  },
  {
    name: 'a time-out that is not a whole number of seconds',
    states: { A: task('A', { TimeoutSeconds: '{% 0.5 %}' }) },
    status: 'FAILED',
    error: 'States.QueryEvaluationError',
    history: [started, ['TaskStateEntered', 0], ['EvaluationFailed', 0], ['ExecutionFailed', 3]],
  },
  {
    name: 'a token is only for tasks that wait for one',
    states: {
      A: task('A', { Arguments: { FunctionName: 'A', Payload: '{% $states.context.Task.Token %}' } }),
    },
    status: 'FAILED',
    error: 'States.QueryEvaluationError',
    history: [started, ['TaskStateEntered', 0], ['EvaluationFailed', 0], ['ExecutionFailed', 3]],
  },
  {
    name: 'an Output over 256 KiB',
    states: { A: { Type: 'Pass', Output: "{% $pad('', 262144, 'x') %}", End: true } },
    status: 'FAILED',
    error: 'States.DataLimitExceeded',
    history: [
      started,
      ['PassStateEntered', 0],
      [
        'ExecutionFailed',
        2,
        {
          error: 'States.DataLimitExceeded',
          cause:
            "The state/task 'A' returned a result with a size exceeding the maximum number of bytes service limit.",
        },
      ],
    ],
  },
  {
    name: 'the limit counts bytes of UTF-8',
    states: { A: { Type: 'Pass', Output: "{% $length($pad('', 131071, 'é')) %}", End: true } },
    status: 'SUCCEEDED',
    output: 131_071,
    history: [started, ['PassStateEntered', 0], ['PassStateExited', 2], ['ExecutionSucceeded', 3]],
  },
];
