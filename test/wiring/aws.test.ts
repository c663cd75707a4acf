import { describe, expect, test } from 'vitest';
import { PermanentError } from '../../lib/domain/errors.ts';
import { administrationContext, apiContext, stepContext } from '../../lib/wiring/aws.ts';
import { mailingStepContext, sweeperContext } from '../../lib/wiring/aws-mailing.ts';

const ENVIRONMENT = {
  MAIN_TABLE: 'main',
  MATERIAL_TABLE: 'material',
  SEALING_KEY_ARN: 'arn:aws:kms:eu-central-1:111122223333:key/sealing',
  CHECKPOINT_KEY_ARN: 'arn:aws:kms:eu-central-1:111122223333:key/checkpoints',
  SIGNING_KEY_ARN: 'arn:aws:kms:eu-central-1:111122223333:key/signing',
  STATE_MACHINE_ARN: 'arn:aws:states:eu-central-1:111122223333:stateMachine:deletion',
  MAIL_FROM: 'keys@example.com',
  CONFIGURATION_SET: 'mails',
  PUBLIC_URL: 'https://keys.example.com',
  CRN_SCOPE: 'crn:v1:bluemix:public:kms:eu-central-1:a/111122223333',
};

const EVERYWHERE = ['MAIN_TABLE', 'MATERIAL_TABLE', 'SEALING_KEY_ARN', 'PUBLIC_URL', 'CRN_SCOPE'];

describe.each([
  ['the API', apiContext, [...EVERYWHERE, 'STATE_MACHINE_ARN', 'SIGNING_KEY_ARN']],
  [
    'the sweeper',
    sweeperContext,
    [...EVERYWHERE, 'STATE_MACHINE_ARN', 'MAIL_FROM', 'CONFIGURATION_SET', 'CHECKPOINT_KEY_ARN'],
  ],
  ['a step', stepContext, EVERYWHERE],
  ['a step that sends mails', mailingStepContext, [...EVERYWHERE, 'MAIL_FROM', 'CONFIGURATION_SET']],
  ['administration', administrationContext, ['MAIN_TABLE', 'MATERIAL_TABLE']],
] as const)('%s', (_, contextOf, needed) => {
  test.each(needed)('does not begin without %s, and says that it is missing', (name) => {
    for (const value of [undefined, ''])
      expect(() => contextOf({ ...ENVIRONMENT, [name]: value })).toThrow(
        new PermanentError(`the variable ${name} is not set`),
      );
  });

  test('needs nothing else', () => {
    const given = Object.fromEntries(
      Object.entries(ENVIRONMENT).filter(([name]) => needed.some((other) => other === name)),
    );
    expect(() => contextOf(given)).not.toThrow();
  });
});

test('a step only wakes executions: it knows no state machine', async () => {
  const { workflow } = stepContext(ENVIRONMENT);
  const refused = 'a step of the workflow only wakes executions';
  await expect(workflow.start('name', {})).rejects.toThrow(new PermanentError(refused));
  await expect(workflow.status('name')).rejects.toThrow(new PermanentError(refused));
  await expect(workflow.stop('name', 'cause')).rejects.toThrow(new PermanentError(refused));
  await expect(workflow.history('name', { limit: 1 })).rejects.toThrow(new PermanentError(refused));
});

test('who is given no sender sends no mail, and who is given no key signs nothing with it', async () => {
  const sending = { instanceId: 'instance', mailId: 'mail', attempt: 1 };
  const mail = {
    messageId: '<1@example.com>',
    to: 'a@example.com',
    subject: '',
    text: '',
    html: '',
    sending,
  };
  for (const { mailer } of [apiContext(ENVIRONMENT), stepContext(ENVIRONMENT)])
    await expect(mailer.send(mail)).rejects.toThrow(new PermanentError('this function sends no mail'));
  const signers = [
    sweeperContext(ENVIRONMENT).signer,
    stepContext(ENVIRONMENT).signer,
    stepContext(ENVIRONMENT).checkpointSigner,
    apiContext(ENVIRONMENT).checkpointSigner,
  ];
  for (const signer of signers) {
    const refused = 'this function does not sign with that key';
    await expect(signer.publicKey()).rejects.toThrow(new PermanentError(refused));
    await expect(signer.sign(new Uint8Array())).rejects.toThrow(PermanentError);
  }
});

test('the sweeper starts drills where it is told how often', () => {
  expect(sweeperContext(ENVIRONMENT).settings).not.toHaveProperty('drillEvery');
  const scheduled = sweeperContext({ ...ENVIRONMENT, DRILL_EVERY_DAYS: '90' });
  expect(scheduled.settings.drillEvery).toBe(90 * 86_400);
});
