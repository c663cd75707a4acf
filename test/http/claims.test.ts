import type { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { smtpMailer } from '../../lib/adapters/smtp/mailer.ts';
import { createApp } from '../../lib/http/app.ts';
import { changePerson } from '../../lib/operations/change-person.ts';
import { sendClaim } from '../../lib/operations/claims.ts';
import type { Context } from '../../lib/operations/context.ts';
import { removePerson } from '../../lib/operations/people.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { instancePartition } from '../../lib/operations/records/instance.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import { scan } from '../hostile-scanner/scanner.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { serveApp } from '../support/served-app.ts';
import { type RunningSmtpServer, startSmtpServer } from '../support/smtp-server.ts';
import { expectOk, refusalOf } from '../support/story.ts';
import { addByTwo, changeByTwo } from '../support/two-managers.ts';

const DAY = 86_400_000;

let operations: Operations;
let desk: Desk;
let smtp: RunningSmtpServer;
let mailer: ReturnType<typeof smtpMailer>;
let context: Context;
let app: Hono;

beforeEach(async () => {
  operations = await openOperations();
  desk = await operations.newDesk();
  smtp = await startSmtpServer();
  mailer = smtpMailer({ url: smtp.url, from: 'Countersign <keys@example.com>' });
  const { settings, ...rest } = operations.context;
  context = { ...rest, mailer, settings: { ...settings, apiKeysByMail: true } };
  app = createApp(context);
});

afterEach(async () => {
  mailer.close();
  await smtp.close();
  operations.close();
});

const two = async () => ({ asks: await desk.as('bob'), approves: await desk.as('alice') });
const add = async (email = 'mia@example.com') =>
  expectOk(
    await addByTwo(
      context,
      { asks: await desk.as('alice'), approves: await desk.as('bob') },
      { email, roles: ['Manager'] },
    ),
  );

/** The newest mail to this address that has a link to an API key, as it arrived. */
async function mailOf(email = 'mia@example.com') {
  await sweep(context);
  const mails = smtp.mails.filter(
    ({ to, text }) => JSON.stringify(to).includes(email) && text?.includes('/claim/'),
  );
  return mails.at(-1);
}

async function pathOf(email?: string): Promise<string> {
  const mail = await mailOf(email);
  return /\/claim\/[\w-]{43}/.exec(mail?.text ?? '')?.[0] ?? 'no link';
}

const claim = (path: string, confirm = 'mia@example.com') =>
  app.request(path, { method: 'POST', body: new URLSearchParams({ confirm }) });
const keyIn = async (response: Response) => /cs_[\w-]{43}/.exec(await response.text())?.[0] ?? '';
const keysWith = async (apiKey: string): Promise<number> => {
  const headers = { authorization: `Bearer ${apiKey}`, 'bluemix-instance': desk.instanceId };
  return (await app.request('/api/v2/keys', { headers })).status;
};
const actions = async () => {
  const partition = instancePartition(desk.instanceId);
  const { events } = await loadEvents(context.store, partition, { limit: 1000 });
  return events.map(({ action }) => action.replace('countersign.', ''));
};

describe('somebody who is added where mail is set up', () => {
  it('gets a link by mail, opens it, types their address, and sees an API key that works, once', async () => {
    const added = await add();
    expect(added).not.toHaveProperty('apiKey');
    const path = await pathOf();
    const page = await app.request(path);
    expect(page.status).toBe(200);
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(await page.text()).not.toContain('mia@example.com');

    const shown = await claim(path, ' MIA@example.com ');
    expect(shown.headers.get('cache-control')).toBe('no-store');
    const apiKey = await keyIn(shown);
    expect(await keysWith(apiKey)).toBe(200);

    const again = await claim(path);
    expect(again.status).toBe(409);
    expect(await again.text()).toMatch(/was used.*on <time/s);
    expect(await (await app.request(path)).text()).not.toContain('cs_');
    expect(await actions()).toEqual([
      'instance.create',
      'people.add',
      'change-requests.create',
      'change-requests.approve',
      'people.change',
      'people.claim',
    ]);
  });

  it('is told of by mail to every Manager, and so is the claim', async () => {
    await add();
    await claim(await pathOf());
    await sweep(context);
    const of = (subject: string) =>
      smtp.mails
        .filter((mail) => mail.subject?.includes(subject))
        .map(({ to }) => (Array.isArray(to) ? '' : String(to?.text)))
        .sort();
    const managers = ['alice@example.com', 'bob@example.com', 'carol@example.com', 'mia@example.com'];
    expect(of('mia@example.com became a Manager')).toEqual(managers);
    expect(of('mia@example.com has a new API key')).toEqual(managers);
  });

  it('gets one key from two clicks at once', async () => {
    await add();
    const path = await pathOf();
    const both = await Promise.all([claim(path), claim(path)]);
    expect(both.map(({ status }) => String(status)).sort()).toEqual(['200', '409']);
    expect((await actions()).filter((action) => action === 'people.claim')).toHaveLength(1);
  });

  it('loses nothing to a scanner of their mail that presses everything', async () => {
    await add();
    const server = await serveApp(app);
    context = { ...context, settings: { ...context.settings, publicUrl: server.url } };
    const { text = '', html } = (await mailOf()) ?? {};
    const before = await actions();
    const report = await scan({ text, html: html || '' }, { repeats: 2 });
    await server.close();
    expect(report.links).toHaveLength(1);
    expect(report.forms).toHaveLength(1);
    expect(report.deeds.filter(({ method }) => method === 'POST').length).toBeGreaterThan(50);
    expect(report.deeds.filter(({ status }) => status === undefined || status >= 500)).toEqual([]);
    expect(await actions()).toEqual(before);
    expect(await keysWith(await keyIn(await claim(await pathOf())))).toBe(200);
  });
});

describe('a link to an API key', () => {
  it('is replaced by a newer one, whose use ends the key that was lost', async () => {
    await add();
    const first = await pathOf();
    const lost = await keyIn(await claim(first));
    operations.now += DAY;
    expectOk(await sendClaim(context, await desk.as('bob'), 'mia@example.com'));
    const second = await pathOf();
    expectOk(await sendClaim(context, await desk.as('bob'), 'mia@example.com'));
    const third = await pathOf();
    expect(new Set([first, second, third]).size).toBe(3);
    expect(await keysWith(lost)).toBe(200);
    expect((await claim(second)).status).toBe(409);
    const apiKey = await keyIn(await claim(third));
    expect(await keysWith(apiKey)).toBe(200);
    expect(await keysWith(lost)).toBe(401);
  });

  it.each<readonly [string, () => Promise<unknown>]>([
    [
      'is eight days old',
      async () => {
        operations.now += 8 * DAY;
      },
    ],
    ['was of somebody removed', async () => removePerson(context, await desk.as('bob'), 'mia@example.com')],
    [
      'was of somebody frozen, also when they may act again',
      async () => {
        const by = await desk.as('bob');
        expectOk(await changePerson(context, by, 'mia@example.com', { status: 'frozen' }));
        const two = { asks: by, approves: await desk.as('alice') };
        expectOk(await changeByTwo(context, two, 'mia@example.com', { status: 'active' }));
      },
    ],
    [
      'was sent to an address that was changed since',
      async () =>
        expectOk(await changeByTwo(context, await two(), 'mia@example.com', { email: 'eve@example.com' })),
    ],
  ])('gives nothing when it %s', async (_, happen) => {
    await add();
    const path = await pathOf();
    await happen();
    expect(await (await app.request(path)).text()).toContain('This link has ended');
    for (const address of ['mia@example.com', 'eve@example.com']) {
      const refused = await claim(path, address);
      expect(refused.status).toBe(409);
      expect(await keyIn(refused)).toBe('');
    }
    expect(await actions()).not.toContain('people.claim');
  });

  it('that was not sent yet does not go to an address that came after it', async () => {
    await add();
    expectOk(await changeByTwo(context, await two(), 'mia@example.com', { email: 'eve@example.com' }));
    await sweep(context);
    expect(smtp.mails.some(({ text }) => text?.includes('/claim/'))).toBe(false);
    expect(smtp.mails.some(({ to }) => JSON.stringify(to).includes('mia@example.com'))).toBe(true);
  });

  it('is none for a service, for nobody, and from whoever is no Manager', async () => {
    const send = async (who: string, by: 'alice' | 'wendy' = 'alice') =>
      refusalOf(await sendClaim(context, await desk.as(by), who));
    expect(await send('nobody@example.com')).toBe('person-not-found');
    expect(await send('bob@example.com', 'wendy')).toBe('access-denied');
    expectOk(await changePerson(context, await desk.as('alice'), 'wendy@example.com', { status: 'frozen' }));
    expect(await send('wendy@example.com')).toBe('claim-not-possible');
  });

  it.each(['', 'x', 'user@example.com', 'alice@example.com'])(
    'asks again for an address after "%s"',
    async (typed) => {
      await add();
      const path = await pathOf();
      const page = await claim(path, typed);
      expect(page.status).toBe(422);
      expect(await page.text()).toContain('aria-invalid="true"');
    },
  );

  it('that never was is not found, nor is one that is no token', async () => {
    expect((await claim(`/claim/${'A'.repeat(43)}`)).status).toBe(404);
    expect((await app.request('/claim/x')).status).toBe(404);
    expect((await app.request(`/claim/${'A'.repeat(43)}`, { method: 'PUT' })).status).toBe(405);
  });

  it('is asked for through the API, by a Manager', async () => {
    const alice = expectOk(await sendClaim(context, await desk.as('bob'), 'alice@example.com'));
    const apiKey = await keyIn(await claim(await pathOf(alice.email), alice.email));
    const headers = { authorization: `Bearer ${apiKey}`, 'bluemix-instance': desk.instanceId };
    const sent = await app.request('/countersign/v1/people/wendy@example.com/claim', {
      method: 'POST',
      headers,
    });
    expect(sent.status).toBe(204);
    expect(await pathOf('wendy@example.com')).toMatch(/^\/claim\//);
  });
});
