import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics as PowertoolsMetrics } from '@aws-lambda-powertools/metrics';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { SFNClient } from '@aws-sdk/client-sfn';
import { dynamodbStore } from '../adapters/dynamodb/store.ts';
import { kmsSealer } from '../adapters/kms/sealer.ts';
import { kmsTokenSigner } from '../adapters/kms/token-signer.ts';
import { powertoolsLog } from '../adapters/powertools/log.ts';
import { powertoolsMetrics } from '../adapters/powertools/metrics.ts';
import { sesMailer } from '../adapters/ses/mailer.ts';
import { stepFunctionsWorkflow } from '../adapters/step-functions/workflow.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { PermanentError } from '../domain/errors.ts';
import { MEASURED_AS } from '../domain/measures.ts';
import type { Context } from '../operations/context.ts';
import type { Mailer } from '../ports/mailer.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Store } from '../ports/store.ts';
import type { TokenSigner } from '../ports/token-signer.ts';
import type { Workflow } from '../ports/workflow.ts';
import { CLIENT, type Environment, required } from './aws-client.ts';
import { awsKmsProvider } from './key-providers.ts';
import { awsOidc, identityOf } from './oidc.ts';

/**
 * The API's part of an installation on AWS. It leaves the mails to the steps.
 *
 * @throws PermanentError that names the variable that is missing.
 */
export function apiContext(env: Environment): Context {
  const kms = new KMSClient(CLIENT);
  const parts = everywhere(env, kms);
  return {
    ...parts,
    ...identityOf(awsOidc(env), parts),
    workflow: stateMachine(env),
    mailer: NO_MAILER,
    signer: kmsTokenSigner(kms, { keyId: required(env, 'SIGNING_KEY_ARN') }),
    checkpointSigner: NO_SIGNER,
  };
}

/**
 * The sweeper's part: it looks after executions, sends mails, and alone signs checkpoints.
 *
 * @throws PermanentError that names the variable that is missing.
 */
export function sweeperContext(env: Environment): Context {
  const kms = new KMSClient(CLIENT);
  return {
    ...everywhere(env, kms),
    workflow: stateMachine(env),
    mailer: ses(env),
    metrics: measured(),
    signer: NO_SIGNER,
    checkpointSigner: kmsTokenSigner(kms, { keyId: required(env, 'CHECKPOINT_KEY_ARN') }),
  };
}

/**
 * A step's part: it wakes executions by their tokens, and sends mails where it has a sender to send them from.
 *
 * @throws PermanentError that names the variable that is missing.
 */
export const stepContext = (env: Environment): Context => ({
  ...everywhere(env, new KMSClient(CLIENT)),
  workflow: wakingOnly(),
  mailer: env.MAIL_FROM === undefined ? NO_MAILER : ses(env),
  metrics: measured(),
  signer: NO_SIGNER,
  checkpointSigner: NO_SIGNER,
});

/**
 * What administration needs: the store, and the time.
 *
 * @throws PermanentError that names the variable that is missing.
 */
export const administrationContext = (env: Environment): Pick<Context, 'store' | 'clock'> => ({
  store: store(env),
  clock: systemClock,
});

function everywhere(env: Environment, kms: KMSClient) {
  return {
    store: store(env),
    sealer: kmsSealer(kms, { keyId: required(env, 'SEALING_KEY_ARN') }),
    clock: systemClock,
    providers: awsKmsProvider(),
    log: powertoolsLog(new Logger()),
    settings: {
      publicUrl: required(env, 'PUBLIC_URL'),
      crnScope: required(env, 'CRN_SCOPE'),
      apiKeysByMail: true,
    },
  };
}

const store = (env: Environment): Store =>
  dynamodbStore(new DynamoDBClient(CLIENT), {
    main: required(env, 'MAIN_TABLE'),
    material: required(env, 'MATERIAL_TABLE'),
  });

/** Not of the API, which measures nothing that its access log and its function do not: ten kilobytes less to load. */
const measured = (): Metrics => powertoolsMetrics(new PowertoolsMetrics({ serviceName: MEASURED_AS }));

const ses = (env: Environment): Mailer =>
  sesMailer(new SESv2Client(CLIENT), {
    from: required(env, 'MAIL_FROM'),
    configurationSet: required(env, 'CONFIGURATION_SET'),
  });

const stateMachine = (env: Environment): Workflow =>
  stepFunctionsWorkflow(new SFNClient(CLIENT), { stateMachineArn: required(env, 'STATE_MACHINE_ARN') });

/** A well-formed ARN of nothing. */
const NO_STATE_MACHINE = 'arn:aws:states:none:000000000000:stateMachine:none';

/** The state machine names its steps, so no step can be told the state machine. A token is enough to wake. */
function wakingOnly(): Workflow {
  const workflow = stepFunctionsWorkflow(new SFNClient(CLIENT), { stateMachineArn: NO_STATE_MACHINE });
  const refused = withheld('a step of the workflow only wakes executions');
  return {
    wake: (taskToken) => workflow.wake(taskToken),
    start: refused,
    status: refused,
    stop: refused,
    history: refused,
  };
}

const withheld = (reason: string) => async (): Promise<never> => {
  throw new PermanentError(reason);
};

const NO_MAILER: Mailer = { send: withheld('this function sends no mail') };
const NO_SIGNER: TokenSigner = {
  sign: withheld('this function does not sign with that key'),
  publicKey: withheld('this function does not sign with that key'),
};
