import type { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { smtpMailer } from '../../lib/adapters/smtp/mailer.ts';
import { createApp } from '../../lib/http/app.ts';
import { sha256 } from '../../lib/operations/caller.ts';
import type { Context } from '../../lib/operations/context.ts';
import { createApiKey, ONESELF } from '../../lib/operations/credentials.ts';
import { startDrill } from '../../lib/operations/drills.ts';
import { listInstances } from '../../lib/operations/init-instance.ts';
import { loadNewestDrill } from '../../lib/operations/records/drill.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { instancePartition } from '../../lib/operations/records/instance.ts';
import { keyPartition } from '../../lib/operations/records/key.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import type { Mailer } from '../../lib/ports/mailer.ts';
import { scan } from '../hostile-scanner/scanner.ts';
import { firstBrokenLink } from '../support/audit-chain.ts';
import { type Desk, type Name, type Operations, openOperations } from '../support/operations.ts';
import { serveApp } from '../support/served-app.ts';
import { type RunningSmtpServer, startSmtpServer } from '../support/smtp-server.ts';
import { expectOk, refusalOf } from '../support/story.ts';

const DAY = 86_400_000;
const WEEK = 604_800;

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
  context = { ...operations.context, mailer };
  app = createApp(context);
});

afterEach(async () => {
  mailer.close();
  await smtp.close();
  operations.close();
});

const start = async () => {
  const drill = expectOk(await startDrill(context, await desk.as('alice'), WEEK));
  await sweep(context);
  return drill;
};
const current = async () => {
  const drill = await loadNewestDrill(context.store, desk.instanceId);
  if (drill === undefined) throw new Error('there is no drill');
  return drill;
};

/** The newest mail to this person that is about a drill, as it arrived. */
const mailOf = (name: string) =>
  smtp.mails
    .filter(({ to, subject }) => JSON.stringify(to).includes(`${name}@`) && subject?.includes('Drill'))
    .at(-1);
const pathOf = (name: string): string =>
  /\/drill\/[\w-]{43}/.exec(mailOf(name)?.text ?? '')?.[0] ?? 'no link';
const keyOf = async (name: Name) =>
  expectOk(await createApiKey(context, await desk.as(name), ONESELF)).apiKey;
/** A mail server that knows no carol. */
const refusingCarol = (reached: Mailer): Mailer => ({
  send: async (mail) =>
    mail.to.startsWith('carol@') ? { delivered: false, rejected: '550 no such mailbox' } : reached.send(mail),
});
const end = async () => (await current()).keyId.slice(-6);
const post = (path: string, fields: Record<string, string>) =>
  app.request(path, { method: 'POST', body: new URLSearchParams(fields) });
const eventsOf = async () => {
  const partition = keyPartition(desk.instanceId, (await current()).keyId);
  return (await loadEvents(context.store, partition, { limit: 1000 })).events;
};
const actions = async () => (await eventsOf()).map(({ action, actor, data }) => ({ action, actor, data }));
const confirmedBy = async () =>
  (await current()).participants
    .filter(({ confirmation }) => confirmation !== undefined)
    .map(({ email }) => email.split('@')[0]);

describe('a drill', () => {
  it('mails every Manager and nobody else a link of their own, and says that nothing is deleted', async () => {
    await start();
    expect(smtp.mails).toHaveLength(3);
    const paths = ['alice', 'bob', 'carol'].map(pathOf);
    expect(new Set(paths).size).toBe(3);
    for (const name of ['alice', 'bob', 'carol']) {
      expect(mailOf(name)?.subject).toBe(`[Countersign] Drill: can ${name}@example.com still approve?`);
      expect(mailOf(name)?.text).toContain('Nothing is deleted');
    }
    expect((await actions())[0]).toMatchObject({
      action: 'countersign.drill.start',
      actor: desk.id('alice'),
    });
  });

  it('is confirmed by whoever types the end of the key’s id on the page, as often as it was opened', async () => {
    await start();
    const path = pathOf('bob');
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'GET']) await app.request(path, { method });
    expect(await confirmedBy()).toEqual([]);
    const page = await (await app.request(path)).text();
    expect(page).toContain((await current()).keyId);
    const answer = await post(path, { confirm: (await end()).toUpperCase() });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, path.split('/').at(-1)]);
    expect(await confirmedBy()).toEqual(['bob']);
    expect(await (await app.request(path)).text()).toContain('You have confirmed');
    expect((await actions()).at(-1)).toEqual({
      action: 'countersign.drill.confirm',
      actor: desk.id('bob'),
      data: { drill: (await current()).id, through: 'link', withCredential: false, couldApprove: true },
    });
  });

  it('takes no other characters, no form that is none, and no token that is none', async () => {
    await start();
    const path = pathOf('bob');
    const wrong = await post(path, { confirm: '000000' });
    expect([wrong.status, await wrong.text()]).toEqual([422, expect.stringContaining('Nothing was changed')]);
    expect((await post(path, {})).status).toBe(422);
    expect((await app.request(path, { method: 'POST', body: '{}' })).status).toBe(415);
    expect((await post(`/drill/${'a'.repeat(43)}`, { confirm: await end() })).status).toBe(404);
    expect(await confirmedBy()).toEqual([]);
  });

  it('records an API key of one’s own, refuses another’s, and needs one where approvals do', async () => {
    const [bobs, carols] = [await keyOf('bob'), await keyOf('carol')];
    await start();
    expect((await post(pathOf('bob'), { confirm: await end(), apiKey: carols })).status).toBe(403);
    expect((await post(pathOf('bob'), { confirm: await end(), apiKey: 'cs_none' })).status).toBe(403);
    expect(await confirmedBy()).toEqual([]);
    await post(pathOf('bob'), { confirm: await end(), apiKey: bobs });
    expect((await current()).participants.map(({ confirmation }) => confirmation?.withCredential)).toContain(
      true,
    );
    const needed = { approvalNeedsCredential: true };
    const instance = { ...(await desk.as('alice')).instance, ...needed };
    await context.store.commit([
      {
        update: { table: 'main', partition: instancePartition(instance.id), sort: 'instance' },
        when: [],
        set: needed,
      },
    ]);
    expect((await post(pathOf('carol'), { confirm: await end() })).status).toBe(403);
    expect((await post(pathOf('carol'), { confirm: await end(), apiKey: carols })).status).toBe(303);
  });

  it('is confirmed through the API by a Manager alone, and by nobody who is not asked', async () => {
    await start();
    const confirm = async (name: 'bob' | 'wendy', text: string) =>
      app.request('/countersign/v1/drills/latest/confirm', {
        method: 'POST',
        headers: { authorization: `Bearer ${await keyOf(name)}`, 'bluemix-instance': desk.instanceId },
        body: JSON.stringify({ confirm: text }),
      });
    expect((await confirm('wendy', await end())).status).toBe(403);
    expect((await confirm('bob', 'abc')).status).toBe(400);
    expect((await confirm('bob', await end())).status).toBe(200);
    expect(await confirmedBy()).toEqual(['bob']);
  });

  it('is about a key that is in no list, can be used for nothing, and whose history is the drill’s', async () => {
    await start();
    const { keyId } = await current();
    const headers = {
      authorization: `Bearer ${await keyOf('bob')}`,
      'bluemix-instance': desk.instanceId,
    };
    const get = async (path: string) => (await app.request(path, { headers })).json();
    expect(JSON.stringify(await get('/api/v2/keys?state=0,1,2,3,5'))).not.toContain(keyId);
    for (const [method, path] of [
      ['GET', `/api/v2/keys/${keyId}`],
      ['POST', `/api/v2/keys/${keyId}/actions/wrap`],
      ['POST', `/api/v2/keys/${keyId}/actions/setKeyForDeletion`],
      ['POST', `/api/v2/keys/${keyId}/restore`],
      ['DELETE', `/api/v2/keys/${keyId}`],
    ] as const) {
      const body = method === 'POST' ? { body: '{}' } : {};
      expect([path, (await app.request(path, { method, headers, ...body })).status]).toEqual([path, 404]);
    }
    await post(pathOf('bob'), { confirm: await end() });
    expect(firstBrokenLink(await eventsOf(), sha256)).toBeUndefined();
    expect((await eventsOf()).map(({ action }) => action)).toEqual([
      'countersign.drill.start',
      'countersign.drill.confirm',
    ]);
    expect(await get(`/countersign/v1/keys/${keyId}/history`)).toMatchObject({
      events: [{ action: 'countersign.drill.start' }, { action: 'countersign.drill.confirm' }],
    });
  });

  it('is one at a time', async () => {
    await start();
    const rivals = await desk.as('bob');
    expect(refusalOf(await startDrill(context, rivals, WEEK))).toBe('drill-under-way');
    expect(refusalOf(await startDrill(context, await desk.as('wendy'), WEEK))).toBe('access-denied');
  });

  it('is started once by two who start it at the same moment', async () => {
    const started = await Promise.all(
      (['alice', 'bob'] as const).map(async (name) => startDrill(context, await desk.as(name), WEEK)),
    );
    expect(started.map((one) => (one.ok ? 'started' : one.refusal.code)).sort()).toEqual([
      'drill-under-way',
      'started',
    ]);
  });

  it('ends when everybody has confirmed, and every Manager hears that', async () => {
    await start();
    for (const name of ['alice', 'bob', 'carol']) await post(pathOf(name), { confirm: await end() });
    await sweep(context);
    await sweep(context);
    expect(await current()).toMatchObject({ status: 'ended' });
    for (const name of ['alice', 'bob', 'carol']) {
      expect(mailOf(name)?.subject).toBe(
        '[Countersign] Drill by alice@example.com has ended: 3 of 3 could approve',
      );
    }
    expect(expectOk(await startDrill(context, await desk.as('bob'), WEEK)).status).toBe('open');
  });

  it('ends after its time, and tells whom no mail reached and who was silent', async () => {
    const refusing = { ...context, mailer: refusingCarol(mailer) };
    await startDrill(context, await desk.as('alice'), WEEK);
    await sweep(refusing);
    await post(pathOf('bob'), { confirm: await end() });
    operations.now += 7 * DAY - 1;
    await sweep(refusing);
    expect((await current()).status).toBe('open');
    operations.now += 1;
    await sweep(context);
    await sweep(context);
    const text = mailOf('bob')?.text ?? '';
    expect(text).toContain('alice@example.com: no answer');
    expect(text).toMatch(/bob@example.com: could approve/);
    expect(text).toContain('carol@example.com: not reached');
    expect(text).toContain('Fewer than two Managers');
    expect((await actions()).at(-1)).toMatchObject({
      action: 'countersign.drill.end',
      data: {
        asked: 3,
        ready: desk.id('bob'),
        silent: desk.id('alice'),
        notReached: desk.id('carol'),
      },
    });
    expect((await post(pathOf('alice'), { confirm: await end() })).status).toBe(404);
  });

  it('is confirmed by no scanner of their mail that presses everything', async () => {
    const server = await serveApp(app);
    context = { ...context, settings: { ...context.settings, publicUrl: server.url } };
    await start();
    const { text = '', html } = mailOf('bob') ?? {};
    const report = await scan({ text, html: html || '' }, { repeats: 2 });
    await server.close();
    expect(report.links).toHaveLength(1);
    expect(report.deeds.filter(({ method }) => method === 'POST').length).toBeGreaterThan(50);
    expect(report.deeds.filter(({ status }) => status === undefined || status >= 500)).toEqual([]);
    expect(await confirmedBy()).toEqual([]);
    await post(pathOf('bob'), { confirm: await end() });
    expect(await confirmedBy()).toEqual(['bob']);
  });

  it('starts by itself where the installation has a schedule, in every instance', async () => {
    const scheduled = { ...context, settings: { ...context.settings, drillEvery: 90 * 86_400 } };
    await sweep(scheduled);
    expect(await loadNewestDrill(context.store, desk.instanceId)).toBeUndefined();
    operations.now += 90 * DAY;
    await sweep(scheduled);
    expect(await current()).toMatchObject({ status: 'open', startedBy: 'countersign|countersign' });
    await sweep(scheduled);
    expect(mailOf('alice')?.text).toContain('the schedule of this installation');
    expect((await actions()).map(({ action }) => action)).toEqual(['countersign.drill.start']);
  });

  it('starts in the other instances where one cannot be read', async () => {
    await operations.newDesk();
    operations.now += 90 * DAY;
    const [broken, other] = await listInstances(context);
    const query: typeof context.store.query = async (asked) => {
      if (asked.partition === `drills#${broken?.id}`) throw new Error('unreadable');
      return context.store.query(asked);
    };
    const store = { ...context.store, query };
    const scheduled = { ...context, store, settings: { ...context.settings, drillEvery: 90 * 86_400 } };
    await sweep(scheduled);
    expect(await loadNewestDrill(context.store, other?.id ?? '')).toMatchObject({ status: 'open' });
    expect(await loadNewestDrill(context.store, broken?.id ?? '')).toBeUndefined();
  });
});
