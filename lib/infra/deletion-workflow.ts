import { Fn, Stack } from 'aws-cdk-lib';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { workflowDefinition } from '../workflow/definition.ts';
import type { BackendFunction } from './backend-function.ts';
import { keptLogGroup } from './log-group.ts';
import { pascalCase, type Steps } from './steps.ts';

export interface DeletionWorkflowProps {
  readonly steps: Steps;
}

type ExecutionAction = 'DescribeExecution' | 'GetExecutionHistory' | 'StopExecution';

/** The state machine: the definition that every engine runs, with the functions' aliases put in. */
export class DeletionWorkflow extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, { steps }: DeletionWorkflowProps) {
    super(scope, id);
    const definition = workflowDefinition((task) => `\${${pascalCase(task)}}`);
    const arns = steps.entries().map(([task, step]) => [pascalCase(task), step.alias.functionArn]);
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(JSON.stringify(definition)),
      definitionSubstitutions: Object.fromEntries(arns),
      // Execution data holds task tokens, and whoever has one can wake.
      logs: { destination: this.logGroup(), level: LogLevel.ALL, includeExecutionData: false },
      tracingEnabled: true,
    });
    // A definition that is a text grants nothing by itself.
    for (const [, step] of steps.entries()) step.alias.grantInvoke(this.stateMachine);
    for (const step of steps.wakers()) this.grantWaking(step);
  }

  /**
   * Waking by token. A policy of its own: the state machine names the step's function, which must therefore not
   * wait for a policy that names the state machine.
   */
  private grantWaking(step: BackendFunction): void {
    new Policy(this, `Waking${step.node.id}`, {
      roles: [step.role],
      statements: [new PolicyStatement(this.waking())],
    });
  }

  /** Starting, waking, and what is named of looking after executions. */
  grantRunning(to: BackendFunction, ...actions: readonly ExecutionAction[]): void {
    to.addEnvironment('STATE_MACHINE_ARN', this.stateMachine.stateMachineArn);
    to.allow({ actions: ['states:StartExecution'], resources: [this.stateMachine.stateMachineArn] });
    to.allow(this.waking());
    this.stateMachine.grantExecution(to.role, ...actions.map((action) => `states:${action}`));
  }

  private waking() {
    return { actions: ['states:SendTaskSuccess'], resources: [this.stateMachine.stateMachineArn] };
  }

  /**
   * Log groups under /aws/vendedlogs share one resource policy, of which an account has ten. The name ends in the
   * stack's own id, so that a log group that was kept does not stand in the way of a new stack.
   */
  private logGroup() {
    const { stackName, stackId } = Stack.of(this);
    const unique = Fn.select(2, Fn.split('/', stackId));
    return keptLogGroup(this, 'Log', { logGroupName: `/aws/vendedlogs/states/${stackName}-${unique}` });
  }
}
