import { PermanentError } from '../../domain/errors.ts';

/** A state machine's ARN, or that of one of its versions or aliases, which add `:12` or `:live`. */
const STATE_MACHINE_ARN = /^(arn:[^:]+:states:[^:]+:\d{12}):stateMachine:([^:/]+)(?::[^:/]+)?$/;

/**
 * Gives the ARN of an execution by its name. Executions stand under their state machine, also when a version or
 * an alias of it was started.
 *
 * @throws PermanentError when the ARN is no state machine's.
 */
export function executionArnOf(stateMachineArn: string): (name: string) => string {
  const [, prefix, stateMachine] = STATE_MACHINE_ARN.exec(stateMachineArn) ?? [];
  if (prefix === undefined || stateMachine === undefined)
    throw new PermanentError(`not the ARN of a state machine, a version or an alias: ${stateMachineArn}`);
  return (name) => `${prefix}:execution:${stateMachine}:${name}`;
}
