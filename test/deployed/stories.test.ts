import { afterAll, expect, test, vi } from 'vitest';
import { tagsOf } from '../../lib/adapters/ses/tags.ts';
import { DESTROYED } from '../../lib/domain/key.ts';
import { deleteKey } from '../../lib/operations/delete-key.ts';
import { readAuthorization } from '../../lib/operations/read-authorization.ts';
import { loadKey } from '../../lib/operations/records/key.ts';
import { setKeyForDeletion } from '../../lib/operations/set-key-for-deletion.ts';
import { describeDeletionApi } from '../http/deletion.ts';
import { describeDeletion } from '../scenarios/deletion.ts';
import { describeJourneys, type Installation } from '../scenarios/journeys.ts';
import { describeRotation } from '../scenarios/rotation.ts';
import { manualClock } from '../support/manual-clock.ts';
import { bounced, sesEvent } from '../support/ses-events.ts';
import { expectOk, refusalOf, type Story } from '../support/story.ts';
import { ACCOUNT } from './cloud.ts';
import { type Deployment, deploy } from './deployment.ts';
import { deliver } from './event-rules.ts';
import { openDeployedApi, openDeployedStory } from './story.ts';

// Eleven programs on a machine that may be busy with others.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000, expect: { poll: { timeout: 20_000 } } });

// The engine's clock and that of the functions' machines: what takes seven days takes none here.
const clock = manualClock(Math.floor(Date.now() / 1000) * 1000);
const deployed = await deploy({ clock });
afterAll(() => deployed?.close());
const open = deployed && (() => openDeployedStory(deployed, clock));

describeRotation('deployed', open);
describeDeletion('deployed', open);
const openApi = deployed && (() => openDeployedApi(deployed, clock));

describeJourneys('deployed', openApi);
describeDeletionApi('deployed', openApi);

test.skipIf(open === undefined)(
  'the sweeper, on its schedule, starts an execution again that somebody has stopped',
  async () => {
    const story = (await open?.()) as Story;
    const { context } = story;
    const key = await story.newKey();
    expectOk(await setKeyForDeletion(context, await story.as('wendy'), key.id, {}));
    await story.waiting(key.id, 'pending');
    const { authorization } = expectOk(await readAuthorization(context, await story.as('rita'), key.id));
    await context.workflow.stop(`${authorization.id}-1`, 'by hand');

    expect(refusalOf(await deleteKey(context, await story.as('alice'), key.id, {}))).toBe('still-working');
    await story.pass(61);
    await story.sweep();
    const state = async () => (await loadKey(context.store, key.instanceId, key.id))?.state;
    await expect.poll(state, { timeout: 10_000 }).toBe(DESTROYED);
    expect(await context.workflow.status(`${authorization.id}-2`)).toBeDefined();
  },
);

test.skipIf(deployed === undefined)(
  'a mail that SES says came back is in the Managers’ list, and is sent again with a link that works',
  async () => {
    const installation = (await openApi?.()) as Installation;
    const { story, call, url } = installation;
    const key = await story.newKey();
    expectOk(await setKeyForDeletion(story.context, await story.as('wendy'), key.id, {}));
    await story.waiting(key.id, 'pending');
    const toAlice = () => story.mails.filter(({ to }) => to === 'alice@example.com');
    await expect.poll(toAlice).toHaveLength(1);
    const [mail] = toAlice();
    if (mail === undefined || deployed === undefined) throw new Error('nothing is deployed here');

    const failed = { status: '5.1.1', diagnosticCode: 'smtp; 550 5.1.1 user unknown' };
    const comeBack = (configurationSet = '', account = ACCOUNT) => {
      const tags = Object.fromEntries(
        tagsOf(mail.sending).map(({ Name = '', Value = '' }) => [Name, [Value]] as const),
      );
      const ofSet = { 'ses:configuration-set': [configurationSet] };
      const feedback = bounced({ type: 'Permanent', subType: 'NoEmail', failed });
      return deliver(deployed, { ...sesEvent(feedback, { ...tags, ...ofSet }), account });
    };
    const undelivered = async () => {
      const { mails } = (await call('bob', 'GET /countersign/v1/mails')).json;
      return mails as readonly { readonly id: string }[];
    };
    const { CONFIGURATION_SET } = deployed.environmentOf('sweep');
    expect(await comeBack('of another stack')).toBe(0);
    expect(await comeBack(CONFIGURATION_SET, 'another account')).toBe(0);
    expect(await undelivered()).toEqual([]);
    expect(await comeBack(CONFIGURATION_SET)).toBe(1);
    expect(await comeBack(CONFIGURATION_SET)).toBe(1);
    const [listed, ...more] = await undelivered();
    expect(more).toEqual([]);
    expect(listed).toMatchObject({
      status: 'given-up',
      keyId: key.id,
      problem: 'there is no such mailbox (Permanent NoEmail 550 5.1.1)',
    });
    const { events } = (await call('rita', `GET /countersign/v1/keys/${key.id}/history`)).json;
    const actions = (events as readonly { readonly action: string }[]).map(({ action }) => action);
    expect(actions.filter((action) => action === 'countersign.mails.bounce')).toHaveLength(1);

    expect((await call('bob', `POST /countersign/v1/mails/${listed?.id}/resend`)).status).toBe(204);
    await story.sweep();
    await expect.poll(toAlice).toHaveLength(2);
    const link = /\/decide\/[\w-]+/.exec(toAlice()[1]?.text ?? '')?.[0];
    const page = await fetch(`${url}${link}`);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('value="approve"')]);
    expect(await undelivered()).toEqual([]);
  },
);

/** A key that two people have deleted, asked for under one correlation id and approved under another. */
async function deletedKey(ids: { readonly asked: string; readonly approved: string }) {
  if (openApi === undefined) throw new Error('nothing is deployed here');
  const { story, call } = await openApi();
  const { id } = await story.newKey();
  const named = (correlationId: string) => ({ headers: { 'correlation-id': correlationId } });
  const asking = `POST /api/v2/keys/${id}/actions/setKeyForDeletion`;
  expect((await call('wendy', asking, named(ids.asked))).status).toBe(204);
  await story.waiting(id, 'pending');
  expect((await call('alice', `DELETE /api/v2/keys/${id}`, named(ids.approved))).status).toBe(204);
  const { json } = await call('rita', `GET /countersign/v1/keys/${id}/history`);
  const [{ id: authorizationId }] = json.authorizations as [{ readonly id: string }];
  await expect.poll(() => story.context.workflow.status(`${authorizationId}-1`)).toBe('SUCCEEDED');
  return { story, id, authorizationId, events: json.events as readonly Line[] };
}

/** A line of a log, or an event. */
type Line = Readonly<Record<string, unknown>>;

/** What the functions have written so far: those lines that are JSON. */
const linesOf = ({ lambda }: Deployment): readonly Line[] =>
  lambda.logs
    .map((line) => line.slice(line.indexOf(': ') + 2))
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));

test.skipIf(deployed === undefined)(
  'the id of the request that asked for a deletion is in the log of the API, in that of every step up to the deletion, and in its events',
  async () => {
    const { events } = await deletedKey({ asked: 'asked-1', approved: 'approved-1' });
    // Each function writes a log of its own: they come in any order.
    const lines = (id: string) =>
      new Set(
        linesOf(deployed as Deployment)
          .filter(({ correlationId }) => correlationId === id)
          .map(({ service, message, route, status }) => ({ service, message, route, status })),
      );
    const route = '/api/v2/keys/:id/actions/setKeyForDeletion';
    const ofApi = { service: 'api', message: 'request' };
    const ofStep = (service: string, status: string) => ({ service, message: 'step', status });
    await expect
      .poll(() => lines('asked-1'))
      .toEqual(
        new Set([
          { ...ofApi, route, status: 204 },
          ofStep('record-authorization', 'pending'),
          ofStep('await-approval', 'pending'),
          ofStep('settle-window', 'approved'),
          ofStep('delete-key', 'consumed'),
          ofStep('notify-outcome', 'consumed'),
        ]),
      );
    await expect
      .poll(() => lines('approved-1'))
      .toEqual(new Set([{ ...ofApi, route: '/api/v2/keys/:id', status: 204 }]));
    expect(events.map(({ action, correlationId }) => [action, correlationId])).toEqual([
      ['kms.secrets.create', undefined],
      ['kms.secrets.setkeyfordeletion', 'asked-1'],
      ['countersign.authorization.approve', 'approved-1'],
      ['kms.secrets.delete', 'asked-1'],
    ]);
  },
);

test.skipIf(deployed === undefined)(
  'an execution whose closing no event tells of is archived by the day’s pass, which says so, and by no other',
  async () => {
    const stack = deployed as Deployment;
    const { objects } = stack;
    const { story, id, authorizationId } = await deletedKey({ asked: 'asked-2', approved: 'approved-2' });
    const name = `/${story.instanceId}/${id}/${authorizationId}/${authorizationId}-1.jsonl.gz`;
    const isArchived = () => [...objects.keys()].some((object) => object.endsWith(name));
    const late = () => linesOf(stack).flatMap(({ ExecutionsArchivedLate: found }) => found ?? []);
    // What has just closed is left to its event.
    await stack.day();
    expect(isArchived()).toBe(false);

    await story.pass(13 * 3_600);
    await stack.day();
    expect(isArchived()).toBe(true);
    await expect.poll(late).toEqual([expect.any(Number), expect.any(Number)]);
    expect(late().at(-1)).toBeGreaterThan(0);

    const before = new Map(objects);
    await stack.day();
    expect(objects).toEqual(before);
    await expect.poll(late).toEqual([expect.any(Number), expect.any(Number), 0]);
  },
);

test.skipIf(deployed === undefined)('no function has asked for what its role does not allow', () => {
  expect(deployed?.denials).toEqual([]);
});
