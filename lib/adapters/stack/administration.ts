import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PermanentError } from '../../domain/errors.ts';
import { awsError } from '../aws/errors.ts';

/** The output of the stack that names its administration function. */
const OUTPUT = 'AdministrationFunction';
/** Longer than the function has, in milliseconds. */
const TIMEOUT = 60_000;

/** How AWS is reached; what is undefined the SDK looks for where it always does. */
export interface StackAccess {
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
}

/** The installation that a stack is. */
export interface StackAdministration {
  /**
   * Has its administration function carry out an order, once.
   * @returns what the function answers: it may hold API keys.
   * @throws PermanentError when there is no such stack, or it may not be asked; TransientError when AWS cannot be
   * reached or is busy. Neither holds anything of the order or the answer.
   */
  carryOut(order: object): Promise<unknown>;
}

/** Over CloudFormation, which knows the function's name, and Lambda, with whatever credentials the SDK finds. */
export function stackAdministration(
  stackName: string,
  { region, profile }: StackAccess = {},
): StackAdministration {
  const access = { ...(region !== undefined && { region }), ...(profile !== undefined && { profile }) };
  return {
    async carryOut(order) {
      const stacks = new CloudFormationClient(access);
      // A second attempt could make a second instance.
      const lambda = new LambdaClient({
        ...access,
        maxAttempts: 1,
        requestHandler: { connectionTimeout: 5_000, requestTimeout: TIMEOUT, throwOnRequestTimeout: true },
      });
      try {
        return await invoke(lambda, await functionOf(stacks, stackName), order);
      } finally {
        stacks.destroy();
        lambda.destroy();
      }
    },
  };
}

async function functionOf(stacks: CloudFormationClient, stackName: string): Promise<string> {
  const command = new DescribeStacksCommand({ StackName: stackName });
  const { Stacks = [] } = await stacks.send(command).catch((error: unknown) => {
    // What CloudFormation answers about a name that it does not know.
    if (error instanceof Error && error.name === 'ValidationError')
      throw new PermanentError(`there is no stack ${stackName} in this account and region`);
    throw reached(error, `the stack ${stackName} could not be looked up`);
  });
  const output = Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === OUTPUT)?.OutputValue;
  if (output === undefined)
    throw new PermanentError(`the stack ${stackName} is none of Countersign's: it has no output ${OUTPUT}`);
  return output;
}

/** The log of the invocation stays where it is: an answer alone is asked for. */
async function invoke(lambda: LambdaClient, FunctionName: string, order: object): Promise<unknown> {
  const command = new InvokeCommand({
    FunctionName,
    InvocationType: 'RequestResponse',
    LogType: 'None',
    Payload: JSON.stringify(order),
  });
  const answer = await lambda.send(command).catch((error: unknown) => {
    throw reached(error, 'the administration function could not be invoked');
  });
  if (answer.FunctionError !== undefined || answer.Payload === undefined)
    throw new PermanentError(
      'the administration function failed; its log group says why. countersign instance list shows whether it was done',
    );
  return JSON.parse(answer.Payload.transformToString());
}

/** What the SDK finds missing before it asks anybody it says well itself: a region, credentials, a profile. */
const reached = (error: unknown, failed: string): Error =>
  error instanceof Error && !('$metadata' in error) && /region|credential|profile/i.test(error.message)
    ? new PermanentError(`${failed}: ${error.message}`)
    : awsError(error, failed);
