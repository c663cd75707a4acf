import { randomUUID } from 'node:crypto';
import { setTimeout as realSleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SFNClient } from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { dynamodbStore } from '../../lib/adapters/dynamodb/store.ts';
import { kmsSealer } from '../../lib/adapters/kms/sealer.ts';
import { kmsTokenSigner } from '../../lib/adapters/kms/token-signer.ts';
import { stepFunctionsWorkflow } from '../../lib/adapters/step-functions/workflow.ts';
import { enter } from '../../lib/operations/caller.ts';
import type { Context } from '../../lib/operations/context.ts';
import { createKey } from '../../lib/operations/create-key.ts';
import { emailKey } from '../../lib/operations/records/person.ts';
import { callsTo } from '../http/served.ts';
import type { Installation } from '../scenarios/journeys.ts';
import type { ManualClock } from '../support/manual-clock.ts';
import {
  expectOk,
  type Name,
  PEOPLE,
  REAUTHORIZATION_WINDOW,
  RESTORE_WINDOW,
  type Story,
  untilWaiting,
  WINDOW,
} from '../support/story.ts';
import { REGION } from './cloud.ts';
import type { Deployment } from './deployment.ts';
import { secretOf } from './lambda.ts';

/** An instance of its own in a deployment whose clock the test moves; its people and its mails are nobody else's. */
export async function openDeployedStory(deployed: Deployment, clock: ManualClock): Promise<Story> {
  const context = contextOf(deployed, clock);
  const domain = `${randomUUID()}.example.com`;
  const made = await deployed.administer({
    command: 'init',
    name: 'story',
    people: Object.entries(PEOPLE).map(([name, roles]) => ({
      email: `${name}@${domain}`,
      roles: [...roles],
    })),
    authorizationWindow: WINDOW,
    reauthorizationWindow: REAUTHORIZATION_WINDOW,
    restoreWindow: RESTORE_WINDOW,
    managerWait: 0,
  });
  if (!('people' in made)) throw new Error(JSON.stringify(made));
  const { instanceId, people } = made;
  await clock.advance(60_000);
  const apiKeyOf = (name: Name) => people.find(({ email }) => email === `${name}@${domain}`)?.apiKey ?? '';
  const settle = async () => {
    await clock.settle();
    await deployed.lambda.idle();
    await clock.settle();
  };
  const story: Story = {
    context,
    clock,
    instanceId,
    apiKeys: {
      alice: apiKeyOf('alice'),
      bob: apiKeyOf('bob'),
      wendy: apiKeyOf('wendy'),
      rita: apiKeyOf('rita'),
    },
    get mails() {
      return deployed.mails
        .filter(({ to }) => to.endsWith(`@${domain}`))
        .map((mail) => ({ ...mail, to: mail.to.replace(domain, 'example.com') }));
    },
    failMails: () => {
      throw new Error('SES takes every mail here');
    },
    async as(name) {
      const known = await context.store.get(emailKey(instanceId, `${name}@${domain}`));
      return expectOk(await enter(context, instanceId, z.string().parse(known?.attributes.personId)));
    },
    async newKey(request) {
      const asked = { name: 'customer-data', extractable: false, ...request };
      return expectOk(await createKey(context, await story.as('alice'), asked)).key;
    },
    waiting: (keyId, status) => untilWaiting(context, { instanceId, keyId, status }),
    settle,
    async pass(seconds) {
      await settle();
      await clock.advance(seconds * 1000);
    },
    sweep: () => deployed.minute(),
    restart: () => deployed.restart(),
    close: settle,
  };
  return story;
}

/** The same story, asked over HTTP. */
export async function openDeployedApi(deployed: Deployment, clock: ManualClock): Promise<Installation> {
  const story = await openDeployedStory(deployed, clock);
  const { url } = deployed;
  return { story, url, call: callsTo(story, url), close: () => story.close() };
}

/** What the API is given, for operations that a test calls by itself; the workflow's steps run where they are deployed. */
function contextOf(deployed: Deployment, clock: ManualClock): Context {
  const { endpoint } = deployed;
  const accessKeyId = 'test';
  const options = {
    endpoint,
    region: REGION,
    credentials: { accessKeyId, secretAccessKey: secretOf(accessKeyId) },
  };
  const env = deployed.environmentOf('api');
  const kms = new KMSClient(options);
  const sfn = new SFNClient(options);
  // It signs with the machine's clock and this offset; the engine's clock stands wherever a test puts it.
  Object.defineProperty(sfn.config, 'systemClockOffset', {
    get: () => clock.now() - Date.now(),
    set: () => {},
  });
  const unused = async () => {
    throw new Error('only the steps and the sweeper do this');
  };
  return {
    store: dynamodbStore(new DynamoDBClient(options), {
      main: env.MAIN_TABLE ?? '',
      material: env.MATERIAL_TABLE ?? '',
    }),
    workflow: stepFunctionsWorkflow(sfn, { stateMachineArn: env.STATE_MACHINE_ARN ?? '' }),
    sealer: kmsSealer(kms, { keyId: env.SEALING_KEY_ARN ?? '' }),
    signer: kmsTokenSigner(kms, { keyId: env.SIGNING_KEY_ARN ?? '' }),
    checkpointSigner: { sign: unused, publicKey: unused },
    mailer: { send: unused },
    clock: { now: () => clock.now(), sleep: (milliseconds) => realSleep(Math.min(milliseconds, 5)) },
    log: { info: () => {}, error: () => {} },
    settings: { publicUrl: env.PUBLIC_URL ?? '', crnScope: env.CRN_SCOPE ?? '', apiKeysByMail: true },
  };
}
