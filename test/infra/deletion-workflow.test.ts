import aslValidator from 'asl-validator';
import { describe, expect, test } from 'vitest';
import { type StateMachineDefinition, workflowDefinition } from '../../lib/workflow/definition.ts';
import { TASK_NAMES } from '../../lib/workflow/task-names.ts';
import { functionsOf, one, synthesized } from './synthesized.ts';

const stack = synthesized();
const stateMachine = one(stack, 'AWS::StepFunctions::StateMachine').Properties as {
  readonly DefinitionString: string;
  readonly DefinitionSubstitutions: Readonly<Record<string, unknown>>;
  readonly StateMachineType: string;
  readonly TracingConfiguration: unknown;
  readonly LoggingConfiguration: { readonly IncludeExecutionData: boolean; readonly Level: string };
};

/** The definition with each placeholder as `name` has it. */
const definitionWith = (name: (placeholder: string) => string) =>
  JSON.parse(
    stateMachine.DefinitionString.replace(/\$\{([^}]*)\}/g, (_, placeholder: string) => name(placeholder)),
  ) as StateMachineDefinition;

const taskOf = (placeholder: string): string =>
  placeholder.replace(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
const aliasOf = (placeholder: string): string =>
  stack.resolve(stateMachine.DefinitionSubstitutions[placeholder]);

describe('the definition', () => {
  test('is what every engine runs, but for the names of the functions', () => {
    expect(definitionWith(taskOf)).toEqual(workflowDefinition((task) => task));
  });

  test('has the alias of the right function in each place, so that waiting executions outlive deployments', () => {
    const placed = workflowDefinition((task) => task);
    const synthesizedStates = Object.entries(definitionWith(aliasOf).States);
    const called = synthesizedStates.flatMap(([name, state]) => {
      const task = (placed.States[name]?.Arguments as { FunctionName?: string } | undefined)?.FunctionName;
      const resource = (state.Arguments as { FunctionName?: string } | undefined)?.FunctionName;
      return task === undefined ? [] : [[task, resource] as const];
    });
    expect(called.map(([task]) => task).sort()).toEqual([...TASK_NAMES].sort());
    const functions = functionsOf(stack);
    for (const [task, resource] of called) {
      const alias = stack
        .ofType('AWS::Lambda::Alias')
        .find(({ id }) => stack.resolve({ Ref: id }) === resource);
      expect(alias?.Properties.FunctionName).toEqual({ Ref: functions.get(task)?.resource.id });
    }
  });

  test('waits for the second person on a task token, for seven days where nothing else is said', () => {
    const { AwaitApproval } = definitionWith(aliasOf).States;
    expect(AwaitApproval?.Resource).toBe('arn:aws:states:::lambda:invoke.waitForTaskToken');
    expect(AwaitApproval?.TimeoutSeconds).toMatch(/\b604800\b/);
    expect(AwaitApproval?.Arguments).toMatchObject({
      Payload: { taskToken: '{% $states.context.Task.Token %}' },
    });
  });

  test('is accepted by the validator of Amazon States Language', () => {
    const result = aslValidator(definitionWith(aliasOf));
    expect(result.errorsText()).toBe('');
    expect(result.isValid).toBe(true);
  });

  test('gives every function less time than its state, so that the function ends first and its log says why', () => {
    const states = Object.values(workflowDefinition((task) => task).States);
    for (const [task, { resource }] of functionsOf(stack)) {
      const state = states.find(
        ({ Arguments }) => (Arguments as { FunctionName?: string })?.FunctionName === task,
      );
      if (typeof state?.TimeoutSeconds === 'number')
        expect(resource.Properties.Timeout).toBeLessThan(state.TimeoutSeconds);
    }
  });
});

describe('the state machine', () => {
  test('is of the standard type, which remembers for a year what it waits for', () => {
    expect(stateMachine.StateMachineType).toBe('STANDARD');
  });

  test('logs every event, and never execution data, which holds task tokens', () => {
    expect(stateMachine.LoggingConfiguration).toMatchObject({ Level: 'ALL', IncludeExecutionData: false });
  });

  test('is traced', () => {
    expect(stateMachine.TracingConfiguration).toEqual({ Enabled: true });
  });
});
