import type { StateMachine } from '../api.ts';
import { roleArn } from '../execution.ts';
import { demandStateMachine, executionDoesNotExist, nameOfExecution, stateMachineArn } from './arns.ts';
import { seconds } from './events.ts';
import { ARN_MEMBER, INCLUDED_MEMBER, operation, PAGE_MEMBERS } from './operation.ts';
import { invalidToken } from './page-token.ts';

export const describeStateMachine = operation(
  { stateMachineArn: { ...ARN_MEMBER, required: true }, includedData: INCLUDED_MEMBER },
  async ({ stateMachineArn: arn, includedData }, { engine }) => {
    const stateMachine = engine.stateMachine();
    demandStateMachine(arn, stateMachine.name);
    return {
      ...described(stateMachine, includedData),
      status: 'ACTIVE',
      type: 'STANDARD',
      creationDate: seconds(stateMachine.since),
    };
  },
);

/** What the execution runs, which is what it started with. */
export const describeStateMachineForExecution = operation(
  { executionArn: { ...ARN_MEMBER, required: true }, includedData: INCLUDED_MEMBER },
  async ({ executionArn: arn, includedData }, { engine }) => {
    const stateMachine = engine.stateMachineOf(nameOfExecution(arn, engine.stateMachine().name));
    if (stateMachine === undefined) throw executionDoesNotExist(arn);
    return { ...described(stateMachine, includedData), updateDate: seconds(stateMachine.since) };
  },
);

const described = ({ name, definition }: StateMachine, includedData: string | undefined): object => ({
  stateMachineArn: stateMachineArn(name),
  name,
  definition: includedData === 'METADATA_ONLY' ? '{}' : JSON.stringify(definition),
  roleArn: roleArn({ stateMachine: name }),
  loggingConfiguration: { level: 'OFF', includeExecutionData: false },
  tracingConfiguration: { enabled: false },
});

/** An engine has one state machine, so there is one page. */
export const listStateMachines = operation(PAGE_MEMBERS, async ({ nextToken }, { engine }) => {
  if (nextToken !== undefined) throw invalidToken();
  const { name, since } = engine.stateMachine();
  const item = { stateMachineArn: stateMachineArn(name), name, type: 'STANDARD' };
  return { stateMachines: [{ ...item, creationDate: seconds(since) }] };
});
