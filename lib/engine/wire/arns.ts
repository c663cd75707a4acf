import { ARN } from '../execution.ts';
import { WireException } from './exceptions.ts';

export const stateMachineArn = (stateMachine: string): string => `${ARN}:stateMachine:${stateMachine}`;

export const executionArn = (stateMachine: string, name: string): string =>
  `${ARN}:execution:${stateMachine}:${name}`;

/** @throws WireException unless it is the ARN of this state machine. */
export function demandStateMachine(arn: string, stateMachine: string): void {
  demandType(arn, 'stateMachine');
  if (arn === stateMachineArn(stateMachine)) return;
  throw new WireException('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
}

/**
 * The name in the ARN of an execution of this state machine, whether there is one of that name or not.
 * @throws WireException
 */
export function nameOfExecution(arn: string, stateMachine: string): string {
  demandType(arn, 'execution');
  const prefix = executionArn(stateMachine, '');
  if (arn.startsWith(prefix)) return arn.slice(prefix.length);
  throw executionDoesNotExist(arn);
}

export const executionDoesNotExist = (arn: string): WireException =>
  new WireException('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);

/** `arn:partition:service:region:account:type:…` */
function demandType(arn: string, type: string): void {
  const [prefix, , service, , , found] = arn.split(':');
  if (prefix !== 'arn') throw new WireException('InvalidArn', `Invalid Arn: 'Invalid ARN prefix: ${arn}'`);
  if (service !== 'states' || found === undefined)
    throw new WireException('InvalidArn', `Invalid Arn: '${arn}'`);
  if (found === type) return;
  const problem = `Resource type not valid in this context: ${found}`;
  throw new WireException('InvalidArn', `Invalid Arn: '${problem}'`);
}
