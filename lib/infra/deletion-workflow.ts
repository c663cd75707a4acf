import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  type CfnStateMachine,
  CfnStateMachineAlias,
  CfnStateMachineVersion,
  DefinitionBody,
  LogLevel,
  StateMachine,
  StateMachineType,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { workflowDefinition } from '../workflow/definition.ts';
import { accept, INLINE_POLICY } from './accepted.ts';
import type { BackendFunction } from './backend-function.ts';
import { deliveredLogGroup } from './log-group.ts';
import { pascalCase, type Steps } from './steps.ts';

export interface DeletionWorkflowProps {
  readonly steps: Steps;
}

/** An execution that waits for days keeps the version that it was started with. */
const ALIAS = 'live';

type ExecutionAction = 'DescribeExecution' | 'GetExecutionHistory' | 'StopExecution';

/** The state machine: the definition that every engine runs, with the functions' aliases put in. */
export class DeletionWorkflow extends Construct {
  readonly stateMachine: StateMachine;
  /** What is started: the version that was deployed last. */
  private readonly aliasArn: string;

  constructor(scope: Construct, id: string, { steps }: DeletionWorkflowProps) {
    super(scope, id);
    const definition = workflowDefinition((task) => `\${${pascalCase(task)}}`);
    const arns = steps.entries().map(([task, step]) => [pascalCase(task), step.alias.functionArn]);
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(JSON.stringify(definition)),
      definitionSubstitutions: Object.fromEntries(arns),
      // Execution data holds task tokens, and whoever has one can wake.
      logs: {
        destination: deliveredLogGroup(this, 'Log', 'states'),
        level: LogLevel.ALL,
        includeExecutionData: false,
      },
      tracingEnabled: true,
    });
    this.aliasArn = this.publish();
    // A definition that is a text grants nothing by itself.
    for (const [, step] of steps.entries()) step.alias.grantInvoke(this.stateMachine);
    for (const step of steps.wakers()) this.grantWaking(step);
    accept(this, { 'NIST.800.53.R5-IAMNoInlinePolicy': INLINE_POLICY });
    // cfn-lint's schema of the language has no expression for a time-out; asl-validator, in a test, and AWS have.
    const { defaultChild } = this.stateMachine.node;
    (defaultChild as CfnStateMachine).addMetadata('cfn-lint', { config: { ignore_checks: ['E3601'] } });
    accept(this.stateMachine, {
      'AwsSolutions-IAM5[Resource::*]':
        'X-Ray (four actions) and the delivery of logs (eight), for which AWS offers no resource (Step Functions developer guide: logging, X-Ray). test/infra/iam.test.ts finds any other action on every resource.',
    });
  }

  /**
   * A version for each change, which are kept, and the alias that executions are started by: an execution says which
   * definition it has, to its end, and a bad deployment is turned back by the alias alone.
   */
  private publish(): string {
    const { stateMachineArn, stateMachineRevisionId } = this.stateMachine;
    const version = new CfnStateMachineVersion(this, 'Version', { stateMachineArn, stateMachineRevisionId });
    version.applyRemovalPolicy(RemovalPolicy.RETAIN);
    new CfnStateMachineAlias(this, 'Alias', {
      name: ALIAS,
      deploymentPreference: { type: 'ALL_AT_ONCE', stateMachineVersionArn: version.attrArn },
    });
    return `${stateMachineArn}:${ALIAS}`;
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
    to.addEnvironment('STATE_MACHINE_ARN', this.aliasArn);
    // IAM is asked about the state machine, by whatever alias it is started; that one is a key of the condition (Step
    // Functions developer guide: authorization for versions and aliases).
    to.allow({
      actions: ['states:StartExecution'],
      resources: [this.stateMachine.stateMachineArn],
      conditions: { 'ForAnyValue:StringEquals': { 'states:StateMachineQualifier': [ALIAS] } },
    });
    to.allow(this.waking());
    this.grantLooking(to, ...actions);
  }

  /** Finding executions that have closed, and reading them whole. */
  grantReading(to: BackendFunction): void {
    const { stateMachineArn } = this.stateMachine;
    to.addEnvironment('STATE_MACHINE_ARN', stateMachineArn);
    to.allow({ actions: ['states:ListExecutions'], resources: [stateMachineArn] });
    this.grantLooking(to, 'DescribeExecution', 'GetExecutionHistory');
  }

  private grantLooking(to: BackendFunction, ...actions: readonly ExecutionAction[]): void {
    this.stateMachine.grantExecution(to.role, ...actions.map((action) => `states:${action}`));
    accept(to, {
      [`AwsSolutions-IAM5[Resource::${this.executionsAsFound()}]`]:
        'The executions of this one state machine: their names are made when they start.',
    });
  }

  /** The resource of the executions, as cdk-nag writes it. */
  private executionsAsFound(): string {
    const id = Stack.of(this).getLogicalId(this.stateMachine.node.defaultChild as CfnStateMachine);
    const name = JSON.stringify({ 'Fn::Select': [6, { 'Fn::Split': [':', { Ref: id }] }] });
    return `arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:${name}:*`;
  }

  private waking() {
    return { actions: ['states:SendTaskSuccess'], resources: [this.stateMachine.stateMachineArn] };
  }
}
