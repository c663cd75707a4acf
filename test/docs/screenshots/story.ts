import { DAY, HOUR, MINUTE, SECOND } from '../../../lib/domain/time.ts';
import { addPerson } from '../../../lib/operations/add-person.ts';
import { approveDeletion } from '../../../lib/operations/approve-deletion.ts';
import { sendClaim } from '../../../lib/operations/claims.ts';
import { denyDeletion } from '../../../lib/operations/deny-deletion.ts';
import { changeInstance } from '../../../lib/operations/instance.ts';
import { actOnKey } from '../../../lib/operations/key-lifecycle.ts';
import { createKeyRing } from '../../../lib/operations/key-rings.ts';
import { noteOpening } from '../../../lib/operations/openings.ts';
import { getKeyMetadata } from '../../../lib/operations/read-keys.ts';
import { reauthorizeDeletion } from '../../../lib/operations/reauthorize-deletion.ts';
import { registerResource } from '../../../lib/operations/registrations.ts';
import { rotateKey } from '../../../lib/operations/rotate-key.ts';
import { setKeyForDeletion } from '../../../lib/operations/set-key-for-deletion.ts';
import { unsetKeyForDeletion } from '../../../lib/operations/unset-key-for-deletion.ts';
import { newService } from '../../support/services.ts';
import { expectOk, type Name, type Story } from '../../support/story.ts';

export type { Name };

/** Where in the story what a picture shows is, as paths of the console. */
export interface LivedIn {
  /** The page behind the link that was mailed to Alice. */
  readonly link: string;
  /** An authorization of two rounds whose key is destroyed. */
  readonly destroyed: string;
  readonly change: string;
  /** The id of a key that nobody has asked to delete. */
  readonly quiet: string;
}

const BUCKETS = 'crn:v1:bluemix:public:cloud-object-storage:global:a/3f2b:9c41:bucket:';

/** Three weeks of an instance in which people ask for deletions, and others answer them or do not. */
export async function liveIn(story: Story): Promise<LivedIn> {
  const { context } = story;
  const pass = (milliseconds: number) => story.pass(milliseconds / SECOND);
  await pass(9 * HOUR);
  expectOk(await changeInstance(context, await story.as('alice'), { name: 'payments' }));
  expectOk(await createKeyRing(context, await story.as('alice'), 'terminals'));
  const keys = await newKeys(story, pass);

  const ask = async (who: Name, key: string, request: { reason: string; ticket?: string }) => {
    await pass(7 * MINUTE);
    expectOk(await setKeyForDeletion(context, await story.as(who), key, request));
    await story.waiting(key, 'pending');
  };
  const authorizationOf = async (key: string) =>
    expectOk(await getKeyMetadata(context, await story.as('alice'), key)).authorizationId ?? '';

  // Asked for in vain, changed, asked for again, approved by link.
  await pass(DAY);
  await ask('wendy', keys.cards, { reason: 'The old terminals are scrapped', ticket: 'SEC-1187' });
  await pass(7 * DAY + HOUR);
  await story.waiting(keys.cards, 'lapsed');
  expectOk(await reauthorizeDeletion(context, await story.as('wendy'), keys.cards, {}));
  await story.waiting(keys.cards, 'pending');
  await pass(26 * HOUR);
  const destroyed = await authorizationOf(keys.cards);
  const { person: approver } = await story.as('bob');
  await noteOpening(context, tokenTo(story, 'bob'));
  await pass(4 * MINUTE);
  const reference = { instanceId: story.instanceId, keyId: keys.cards, authorizationId: destroyed };
  expectOk(
    await approveDeletion(context, {
      ...reference,
      approver,
      round: 2,
      decidedThrough: 'link',
      note: 'Inventory checked',
    }),
  );
  await story.settle();

  await ask('wendy', keys.loyalty, { reason: 'The programme has ended' });
  await pass(3 * HOUR);
  const note = 'The quarterly report still reads it';
  expectOk(await denyDeletion(context, await story.as('bob'), keys.loyalty, { note }));
  await ask('wendy', keys.receipts, { reason: 'Kept for ten years' });
  await pass(HOUR);
  expectOk(await unsetKeyForDeletion(context, await story.as('wendy'), keys.receipts, { note: 'Wrong key' }));
  await ask('wendy', keys.partner, { reason: 'Partners sign with their own keys now', ticket: 'SEC-1210' });
  await pass(6 * DAY);

  await ask('alice', keys.mail, { reason: 'The archive moved to the new vault', ticket: 'SEC-1229' });
  await pass(DAY + 2 * HOUR);
  await story.waiting(keys.partner, 'lapsed');
  await ask('wendy', keys.payroll, { reason: 'Moved to the new vault, restore tested', ticket: 'SEC-1234' });
  const link = `/decide/${tokenTo(story, 'alice')}`;
  await pass(3 * HOUR);
  const change = await askForManager(story);
  await pass(HOUR);
  await loseMails(story);
  return {
    link,
    change,
    quiet: keys.ledger,
    destroyed: `/authorizations/${keys.cards}/${destroyed}`,
  };
}

type Pass = (milliseconds: number) => Promise<void>;

async function newKeys(story: Story, pass: Pass) {
  const { context } = story;
  const storage = await newService(context, await story.as('alice'), 'object-storage');
  const make = async (name: string, aliases: readonly string[] = [], versions = 1) => {
    await pass(3 * MINUTE);
    const { id } = await story.newKey({ name, aliases });
    for (let version = 1; version < versions; version += 1) {
      await pass(HOUR);
      expectOk(await rotateKey(context, await story.as('alice'), id, {}));
    }
    return id;
  };
  const keys = {
    ledger: await make('General ledger', ['ledger'], 2),
    payroll: await make('Payroll backups 2019', ['payroll-2019'], 3),
    cards: await make('Card tokens, old terminals', ['cards-old'], 2),
    loyalty: await make('Loyalty programme'),
    receipts: await make('Till receipts', ['receipts']),
    partner: await make('Partner API signing'),
    mail: await make('Mail archive', ['mail-archive']),
    fraud: await make('Fraud models', ['fraud']),
  };
  for (const [keyId, bucket, description] of [
    [keys.payroll, 'payroll-2019-q1', 'Monthly dumps'],
    [keys.payroll, 'payroll-2019-q2', 'Monthly dumps'],
    [keys.ledger, 'ledger-live', 'Written every minute'],
  ] as const) {
    const name = { idOrAlias: keyId, resourceCrn: `${BUCKETS}${bucket}` };
    expectOk(
      await registerResource(context, storage.caller, name, { description, preventKeyDeletion: false }),
    );
  }
  expectOk(await actOnKey(context, await story.as('alice'), 'disable', keys.fraud));
  return keys;
}

/** Of the newest mail to somebody that has a link to decide by. */
function tokenTo({ mails }: Story, name: Name): string {
  for (const { to, text } of mails.toReversed()) {
    const token = /\/decide\/([\w-]+)/.exec(text)?.[1];
    if (token !== undefined && to === `${name}@example.com`) return token;
  }
  throw new Error(`no link was mailed to ${name}`);
}

async function askForManager(story: Story): Promise<string> {
  const { waits } = expectOk(
    await addPerson(story.context, await story.as('alice'), {
      email: 'mona@example.com',
      roles: ['Manager'],
      reason: 'Takes over from Bob in March',
    }),
  );
  await story.settle();
  return `/change-requests/${waits?.id}`;
}

/** Two people whose mail server takes nothing. */
async function loseMails(story: Story): Promise<void> {
  const { context } = story;
  const alice = await story.as('alice');
  for (const email of ['theo@example.com', 'tess@example.com']) {
    expectOk(await addPerson(context, alice, { email, roles: ['Reader'] }));
  }
  await story.sweep();
  story.failMails(new Error('450 4.2.2 The mailbox is full'));
  for (const email of ['theo@example.com', 'tess@example.com']) {
    expectOk(await sendClaim(context, alice, email));
  }
  await story.sweep();
  story.failMails(undefined);
}
