import { describe, expect, it } from 'vitest';
import { DefinitionError } from '../../lib/engine/api.ts';
import { loadDefinition } from '../../lib/engine/load-definition.ts';

const INVOKE = 'arn:aws:states:::lambda:invoke';
const pass = { Type: 'Pass', End: true };
const invoke = {
  Type: 'Task',
  Resource: INVOKE,
  Arguments: { FunctionName: 'f' },
  End: true,
};
const machine = (states: object, more: object = {}) => ({
  QueryLanguage: 'JSONata',
  StartAt: 'A',
  States: states,
  ...more,
});
const retrying = (retrier: object) =>
  machine({ A: { ...invoke, Retry: [{ ErrorEquals: ['E'], ...retrier }] } });
const catching = (catcher: object) =>
  machine({ A: { ...invoke, Catch: [{ ErrorEquals: ['E'], Next: 'B', ...catcher }] }, B: pass });
const choosing = (rule: object) =>
  machine({ A: { Type: 'Choice', Choices: [{ Condition: true, Next: 'B', ...rule }] }, B: pass });

/** What is wrong, the definition, and the state and field that the refusal names. */
const REFUSED: readonly (readonly [string, object, string | undefined, string])[] = [
  [
    'JSONPath as the language',
    machine({ A: pass }, { QueryLanguage: 'JSONPath' }),
    undefined,
    'QueryLanguage',
  ],
  ['no language at all', { StartAt: 'A', States: { A: pass } }, 'A', 'QueryLanguage'],
  ['a state in JSONPath', machine({ A: { ...pass, QueryLanguage: 'JSONPath' } }), 'A', 'QueryLanguage'],
  ['an unknown field of the machine', machine({ A: pass }, { Retry: [] }), undefined, 'Retry'],
  ['another version', machine({ A: pass }, { Version: '2.0' }), undefined, 'Version'],
  ['no StartAt', { QueryLanguage: 'JSONata', States: { A: pass } }, undefined, 'StartAt'],
  ['a StartAt that leads nowhere', machine({ A: pass }, { StartAt: 'B' }), undefined, 'StartAt'],
  ['no states', machine({}), undefined, 'States'],
  ['a state that nothing leads to', machine({ A: pass, B: pass }), 'B', 'name'],
  ['a name of 81 characters', machine({ ['A'.repeat(81)]: pass }), 'A'.repeat(81), 'name'],
  ['a time-out of 0', machine({ A: pass }, { TimeoutSeconds: 0 }), undefined, 'TimeoutSeconds'],
  ['no Type', machine({ A: { End: true } }), 'A', 'Type'],
  ['Parallel', machine({ A: { Type: 'Parallel', Branches: [], End: true } }), 'A', 'Type'],
  ['Map', machine({ A: { Type: 'Map', End: true } }), 'A', 'Type'],
  ['neither Next nor End', machine({ A: { Type: 'Pass' } }), 'A', 'Next'],
  ['both Next and End', machine({ A: { ...pass, Next: 'A' } }), 'A', 'Next'],
  ['a Next that leads nowhere', machine({ A: { Type: 'Pass', Next: 'gone' } }), 'A', 'Next'],
  ['an unknown field', machine({ A: { ...pass, Outputs: 1 } }), 'A', 'Outputs'],
  ['a Comment that is no text', machine({ A: { ...pass, Comment: 1 } }), 'A', 'Comment'],
  ['InputPath', machine({ A: { ...pass, InputPath: '$' } }), 'A', 'InputPath'],
  ['Result', machine({ A: { ...pass, Result: 1 } }), 'A', 'Result'],
  ['ResultSelector', machine({ A: { ...invoke, ResultSelector: {} } }), 'A', 'ResultSelector'],
  ['Parameters', machine({ A: { ...invoke, Parameters: {} } }), 'A', 'Parameters'],
  [
    'an expression that does not parse',
    machine({ A: { ...pass, Output: { a: '{% 1 + %}' } } }),
    'A',
    'Output/a',
  ],
  ['$eval', machine({ A: { ...pass, Output: "{% $map([1], function($v){$eval('1')}) %}" } }), 'A', 'Output'],
  ['a variable called states', machine({ A: { ...pass, Assign: { states: 1 } } }), 'A', 'Assign/states'],
  ['a variable with a hyphen', machine({ A: { ...pass, Assign: { 'a-b': 1 } } }), 'A', 'Assign/a-b'],
  ['an Assign that is no object', machine({ A: { ...pass, Assign: '{% {} %}' } }), 'A', 'Assign'],
  [
    'another integration',
    machine({ A: { ...invoke, Resource: 'arn:aws:states:::sqs:sendMessage' } }),
    'A',
    'Resource',
  ],
  [
    'an activity',
    machine({ A: { ...invoke, Resource: 'arn:aws:states:eu-west-1:1:activity:a' } }),
    'A',
    'Resource',
  ],
  ['lambda:invoke.sync', machine({ A: { ...invoke, Resource: `${INVOKE}.sync` } }), 'A', 'Resource'],
  ['lambda:invoke without Arguments', machine({ A: { ...invoke, Arguments: undefined } }), 'A', 'Arguments'],
  [
    'no FunctionName',
    machine({ A: { ...invoke, Arguments: { Payload: 1 } } }),
    'A',
    'Arguments/FunctionName',
  ],
  [
    'an argument of Invoke that is not supported',
    machine({ A: { ...invoke, Arguments: { FunctionName: 'f', Qualifier: '1' } } }),
    'A',
    'Arguments/Qualifier',
  ],
  ['Credentials', machine({ A: { ...invoke, Credentials: {} } }), 'A', 'Credentials'],
  [
    'a task time-out that is a text',
    machine({ A: { ...invoke, TimeoutSeconds: '5' } }),
    'A',
    'TimeoutSeconds',
  ],
  [
    'a heartbeat as long as the time-out',
    machine({ A: { ...invoke, TimeoutSeconds: 5, HeartbeatSeconds: 5 } }),
    'A',
    'HeartbeatSeconds',
  ],
  ['a retrier without errors', retrying({ ErrorEquals: [] }), 'A', 'Retry/0/ErrorEquals'],
  ['a retrier with an unknown field', retrying({ Next: 'A' }), 'A', 'Retry/0/Next'],
  ['an interval of 0', retrying({ IntervalSeconds: 0 }), 'A', 'Retry/0/IntervalSeconds'],
  ['half an attempt', retrying({ MaxAttempts: 0.5 }), 'A', 'Retry/0/MaxAttempts'],
  ['a backoff below 1', retrying({ BackoffRate: 0.9 }), 'A', 'Retry/0/BackoffRate'],
  ['a longest delay of 0', retrying({ MaxDelaySeconds: 0 }), 'A', 'Retry/0/MaxDelaySeconds'],
  ['an unknown jitter', retrying({ JitterStrategy: 'HALF' }), 'A', 'Retry/0/JitterStrategy'],
  ['States.ALL among others', retrying({ ErrorEquals: ['States.ALL', 'E'] }), 'A', 'Retry/0/ErrorEquals'],
  [
    'States.ALL before others',
    machine({ A: { ...invoke, Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['E'] }] } }),
    'A',
    'Retry/0/ErrorEquals',
  ],
  ['a Catcher that leads nowhere', catching({ Next: 'gone' }), 'A', 'Catch/0/Next'],
  ['a Catcher with ResultPath', catching({ ResultPath: '$.e' }), 'A', 'Catch/0/ResultPath'],
  ['Retry on a Pass', machine({ A: { ...pass, Retry: [] } }), 'A', 'Retry'],
  ['a Choice without rules', machine({ A: { Type: 'Choice', Choices: [], Default: 'A' } }), 'A', 'Choices'],
  ['a Choice with End', machine({ A: { Type: 'Choice', Choices: [], End: true } }), 'A', 'End'],
  ['a rule without Condition', choosing({ Condition: undefined }), 'A', 'Choices/0/Condition'],
  ['a Condition that is plain text', choosing({ Condition: '$x' }), 'A', 'Choices/0/Condition'],
  ['a rule of JSONPath', choosing({ Variable: '$.x' }), 'A', 'Choices/0/Variable'],
  ['a rule that leads nowhere', choosing({ Next: 'gone' }), 'A', 'Choices/0/Next'],
  [
    'a Default that leads nowhere',
    machine({ A: { Type: 'Choice', Choices: [{ Condition: true, Next: 'A' }], Default: 'gone' } }),
    'A',
    'Default',
  ],
  ['a Wait for nothing', machine({ A: { Type: 'Wait', End: true } }), 'A', 'Seconds'],
  [
    'a Wait for two things',
    machine({ A: { Type: 'Wait', Seconds: 1, Timestamp: '2026-01-01T00:00:00Z', End: true } }),
    'A',
    'Seconds',
  ],
  ['a Wait of -1', machine({ A: { Type: 'Wait', Seconds: -1, End: true } }), 'A', 'Seconds'],
  [
    'a Wait until no time',
    machine({ A: { Type: 'Wait', Timestamp: 'tomorrow', End: true } }),
    'A',
    'Timestamp',
  ],
  ['a Succeed with Next', machine({ A: { Type: 'Succeed', Next: 'A' } }), 'A', 'Next'],
  ['a Fail with Output', machine({ A: { Type: 'Fail', Output: 1 } }), 'A', 'Output'],
  ['a Fail whose Error is a number', machine({ A: { Type: 'Fail', Error: 1 } }), 'A', 'Error'],
];

describe('a definition', () => {
  it.each(REFUSED)('with %s is refused, naming state and field', (_, definition, state, field) => {
    let refusal: unknown;
    try {
      loadDefinition(JSON.parse(JSON.stringify(definition)));
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(DefinitionError);
    expect(refusal).toMatchObject({ state, field });
    expect(String(refusal)).toContain(field);
  });

  it('may say JSONata in each of its states', () => {
    expect(() =>
      loadDefinition({ StartAt: 'A', States: { A: { ...pass, QueryLanguage: 'JSONata' } } }),
    ).not.toThrow();
  });

  it('may carry comments everywhere, a version, empty lists and a Choice without Default', () => {
    const definition = machine(
      {
        A: {
          Type: 'Choice',
          Comment: 'c',
          Choices: [{ Condition: '{% true %}', Next: 'B', Comment: 'c' }],
        },
        B: {
          ...invoke,
          Comment: 'c',
          Retry: [],
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'A', Comment: 'c' }],
        },
      },
      { Comment: 'c', Version: '1.0', TimeoutSeconds: 5 },
    );
    expect(loadDefinition(definition).states.size).toBe(2);
  });
});
