import { kmsTokenSigner } from '../adapters/kms/token-signer.ts';
import { systemClock } from '../adapters/system/clock.ts';
import type { Context } from '../operations/context.ts';
import { type Environment, required } from './aws-client.ts';
import {
  everywhere,
  kmsClient,
  measured,
  NO_MAILER,
  NO_SIGNER,
  stateMachine,
  store,
  wakingOnly,
} from './aws-parts.ts';
import { awsOidc, identityOf } from './oidc.ts';

/**
 * The API's part of an installation on AWS. It leaves the mails to the steps.
 *
 * @throws PermanentError that names the variable that is missing.
 */
export function apiContext(env: Environment): Context {
  const kms = kmsClient();
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
 * A step's part: it wakes executions by their tokens. Those that send mails have more (aws-mailing.ts).
 *
 * @throws PermanentError that names the variable that is missing.
 */
export const stepContext = (env: Environment): Context => ({
  ...everywhere(env, kmsClient()),
  workflow: wakingOnly(),
  mailer: NO_MAILER,
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
