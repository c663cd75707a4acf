import type { ConformanceCase } from './case.ts';

const started = ['ExecutionStarted', 0] as const;
const end = { Type: 'Succeed' };
const rest = [
  ['SucceedStateEntered', 3],
  ['SucceedStateExited', 4],
  ['ExecutionSucceeded', 5],
] as const;

export const CHOICE: readonly ConformanceCase[] = [
  {
    name: 'the first rule that holds is taken',
    states: {
      A: {
        Type: 'Choice',
        Choices: [
          { Condition: '{% $states.input.n > 9 %}', Next: 'B' },
          { Condition: '{% $states.input.n > 4 %}', Next: 'C', Comment: 'this one' },
          { Condition: '{% $states.input.n > 1 %}', Next: 'B' },
        ],
        Default: 'B',
      },
      B: end,
      C: end,
    },
    input: { n: 5 },
    status: 'SUCCEEDED',
    output: { n: 5 },
    history: [
      started,
      ['ChoiceStateEntered', 0, { name: 'A', input: { n: 5 } }],
      ['ChoiceStateExited', 2, { name: 'A', output: { n: 5 } }],
      ['SucceedStateEntered', 3, { name: 'C', input: { n: 5 } }],
      ['SucceedStateExited', 4],
      ['ExecutionSucceeded', 5],
    ],
  },
  {
    name: "a rule's own Output and Assign replace the state's",
    states: {
      A: {
        Type: 'Choice',
        Choices: [{ Condition: true, Next: 'B', Output: 'rule', Assign: { a: 1 } }],
        Default: 'B',
        Output: 'state',
        Assign: { b: 2 },
      },
      B: end,
    },
    status: 'SUCCEEDED',
    output: 'rule',
    history: [
      started,
      ['ChoiceStateEntered', 0],
      ['ChoiceStateExited', 2, { name: 'A', output: 'rule', assignedVariables: { a: '1' } }],
      ...rest,
    ],
  },
  {
    name: "the state's Output and Assign apply to Default alone",
    states: {
      A: {
        Type: 'Choice',
        Choices: [{ Condition: '{% false %}', Next: 'B', Output: 'rule' }],
        Default: 'B',
        Output: 'state',
        Assign: { b: 2 },
      },
      B: end,
    },
    status: 'SUCCEEDED',
    output: 'state',
    history: [
      started,
      ['ChoiceStateEntered', 0],
      ['ChoiceStateExited', 2, { name: 'A', output: 'state', assignedVariables: { b: '2' } }],
      ...rest,
    ],
  },
  {
    name: "a rule without Output does not take the state's",
    states: {
      A: { Type: 'Choice', Choices: [{ Condition: true, Next: 'B' }], Default: 'B', Output: 'state' },
      B: end,
    },
    input: 'in',
    status: 'SUCCEEDED',
    output: 'in',
    history: [
      started,
      ['ChoiceStateEntered', 0],
      ['ChoiceStateExited', 2, { name: 'A', output: 'in' }],
      ...rest,
    ],
  },
  {
    name: 'no rule holds and there is no Default',
    states: { A: { Type: 'Choice', Choices: [{ Condition: '{% 1 = 2 %}', Next: 'B' }] }, B: end },
    status: 'FAILED',
    error: 'States.NoChoiceMatched',
    history: [started, ['ChoiceStateEntered', 0], ['ExecutionFailed', 2]],
  },
  {
    name: 'a condition that is not true or false is an evaluation error',
    states: { A: { Type: 'Choice', Choices: [{ Condition: '{% 1 %}', Next: 'B' }], Default: 'B' }, B: end },
    status: 'FAILED',
    error: 'States.QueryEvaluationError',
    history: [
      started,
      ['ChoiceStateEntered', 0],
      [
        'EvaluationFailed',
        0,
        {
          cause:
            "An error occurred while executing the state 'A' (entered at the event id #2). The JSONata expression '1' specified for the field 'Choices/0/Condition' returned an unexpected result type. Expected 'boolean', but was 'number' for value: 1",
          error: 'States.QueryEvaluationError',
          location: 'Choices/0/Condition',
          state: 'A',
        },
      ],
      ['ExecutionFailed', 3],
    ],
  },
  {
    name: 'a condition over a missing field is an evaluation error unless $exists asks',
    states: {
      A: {
        Type: 'Choice',
        Choices: [
          { Condition: '{% $exists($states.input.gone) %}', Next: 'B' },
          { Condition: '{% $states.input.gone %}', Next: 'B' },
        ],
        Default: 'B',
      },
      B: end,
    },
    status: 'FAILED',
    error: 'States.QueryEvaluationError',
    history: [started, ['ChoiceStateEntered', 0], ['EvaluationFailed', 0], ['ExecutionFailed', 3]],
  },
];
