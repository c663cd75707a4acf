import { SESv2Client } from '@aws-sdk/client-sesv2';
import { kmsTokenSigner } from '../adapters/kms/token-signer.ts';
import { sesMailer } from '../adapters/ses/mailer.ts';
import { inTrace } from '../adapters/x-ray/client.ts';
import { DAY, SECOND } from '../domain/time.ts';
import type { Context, Settings } from '../operations/context.ts';
import type { Mailer } from '../ports/mailer.ts';
import { stepContext } from './aws.ts';
import { CLIENT, type Environment, required } from './aws-client.ts';
import { everywhere, kmsClient, measured, NO_SIGNER, stateMachine } from './aws-parts.ts';

// Apart from aws.ts: composing and sending mails is a third of a function's bundle, and most send none.

/**
 * The sweeper's part: it looks after executions, sends mails, and alone signs checkpoints.
 *
 * @throws PermanentError that names the variable that is missing.
 */
export function sweeperContext(env: Environment): Context {
  const kms = kmsClient();
  const parts = everywhere(env, kms);
  return {
    ...parts,
    settings: { ...parts.settings, ...drillsOf(env) },
    workflow: stateMachine(env),
    mailer: ses(env),
    metrics: measured(),
    signer: NO_SIGNER,
    checkpointSigner: kmsTokenSigner(kms, { keyId: required(env, 'CHECKPOINT_KEY_ARN') }),
  };
}

/** How often a drill starts by itself, where the settings of the stack say so. */
const drillsOf = ({ DRILL_EVERY_DAYS: days }: Environment): Pick<Settings, 'drillEvery'> =>
  days === undefined ? {} : { drillEvery: (Number(days) * DAY) / SECOND };

/**
 * The part of a step that sends mails.
 *
 * @throws PermanentError that names the variable that is missing.
 */
export const mailingStepContext = (env: Environment): Context => ({ ...stepContext(env), mailer: ses(env) });

const ses = (env: Environment): Mailer =>
  sesMailer(inTrace(new SESv2Client(CLIENT)), {
    from: required(env, 'MAIL_FROM'),
    configurationSet: required(env, 'CONFIGURATION_SET'),
  });
