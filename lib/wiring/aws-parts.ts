import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics as PowertoolsMetrics } from '@aws-lambda-powertools/metrics';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SFNClient } from '@aws-sdk/client-sfn';
import { dynamodbStore } from '../adapters/dynamodb/store.ts';
import { kmsSealer } from '../adapters/kms/sealer.ts';
import { powertoolsLog } from '../adapters/powertools/log.ts';
import { powertoolsMetrics } from '../adapters/powertools/metrics.ts';
import { stepFunctionsWorkflow } from '../adapters/step-functions/workflow.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { inTrace } from '../adapters/x-ray/client.ts';
import { invocationTrace } from '../adapters/x-ray/invocation.ts';
import { PermanentError } from '../domain/errors.ts';
import { MEASURED_AS } from '../domain/measures.ts';
import type { Log } from '../ports/log.ts';
import type { Mailer } from '../ports/mailer.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Store } from '../ports/store.ts';
import type { TokenSigner } from '../ports/token-signer.ts';
import type { Workflow } from '../ports/workflow.ts';
import { CLIENT, type Environment, required } from './aws-client.ts';
import { awsKmsProvider } from './key-providers.ts';

/** What the API, the sweeper and the steps have alike. */
export const everywhere = (env: Environment, kms: KMSClient) => ({
  store: store(env),
  sealer: kmsSealer(kms, { keyId: required(env, 'SEALING_KEY_ARN') }),
  clock: systemClock,
  providers: awsKmsProvider(kmsClient),
  log: structuredLog(),
  trace: invocationTrace,
  settings: {
    publicUrl: required(env, 'PUBLIC_URL'),
    crnScope: required(env, 'CRN_SCOPE'),
    apiKeysByMail: true,
  },
});

export const store = (env: Environment): Store =>
  dynamodbStore(inTrace(new DynamoDBClient(CLIENT)), {
    main: required(env, 'MAIN_TABLE'),
    material: required(env, 'MATERIAL_TABLE'),
  });

/** @param region by default that of the function. */
export const kmsClient = (region?: string): KMSClient =>
  inTrace(new KMSClient({ ...CLIENT, ...(region !== undefined && { region }) }));

export const structuredLog = (): Log => powertoolsLog(new Logger());

/** Not of the API, which measures nothing that its access log and its function do not: ten kilobytes less to load. */
export const measured = (): Metrics => powertoolsMetrics(new PowertoolsMetrics({ serviceName: MEASURED_AS }));

export const stateMachine = (env: Environment): Workflow =>
  stepFunctionsWorkflow(sfnClient(), { stateMachineArn: required(env, 'STATE_MACHINE_ARN') });

/** A well-formed ARN of nothing. */
const NO_STATE_MACHINE = 'arn:aws:states:none:000000000000:stateMachine:none';

/** The state machine names its steps, so no step can be told the state machine. A token is enough to wake. */
export function wakingOnly(): Workflow {
  const workflow = stepFunctionsWorkflow(sfnClient(), { stateMachineArn: NO_STATE_MACHINE });
  const refused = withheld('a step of the workflow only wakes executions');
  return {
    wake: (taskToken) => workflow.wake(taskToken),
    start: refused,
    status: refused,
    stop: refused,
    history: refused,
  };
}

const sfnClient = (): SFNClient => inTrace(new SFNClient(CLIENT));

const withheld = (reason: string) => async (): Promise<never> => {
  throw new PermanentError(reason);
};

export const NO_MAILER: Mailer = { send: withheld('this function sends no mail') };
export const NO_SIGNER: TokenSigner = {
  sign: withheld('this function does not sign with that key'),
  publicKey: withheld('this function does not sign with that key'),
};
