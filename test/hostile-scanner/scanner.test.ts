import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Installed, install, startServer } from '../cli/command.ts';
import { hasChromium, openChromium } from '../pages/chromium.ts';
import { startSmtpServer } from '../support/smtp-server.ts';
import { scan } from './scanner.ts';

let browser: Browser | undefined;
beforeAll(async () => {
  if (hasChromium) browser = await openChromium();
});
afterAll(() => browser?.close());
const browserWhen = (wanted: boolean) => (wanted && browser !== undefined ? { browser } : {});

describe('Countersign, started as a user starts it, after a hostile scanner had its mail', () => {
  it('has the same key, the same pending request and no more decisions, and the person can still decide', async () => {
    const smtp = await startSmtpServer();
    onTestFinished(() => smtp.close());
    const installed = await install();
    const server = await startServer(['--data-dir', installed.dataDir, '--smtp', smtp.url]);
    const api = apiOf(server.url, installed);
    const key = await api.newKeySetForDeletion();
    const mails = await smtp.waitFor(2);
    const before = await api.look(key);
    expect(before).toMatchObject({ state: 1, status: 'pending', decisions: 0 });

    const [{ text = '', html } = {}] = mails;
    const report = await scan({ text, html: html || '' }, { linger: 100, ...browserWhen(true) });
    expect(report.links).toHaveLength(1);
    expect(report.forms[0]?.buttons.map(({ value }) => value)).toEqual(['deny', 'unexpected', 'approve']);
    expect(report.deeds.filter(({ method }) => method === 'POST').length).toBeGreaterThan(300);
    expect(report.deeds.filter(({ status }) => status === undefined || status >= 500)).toEqual([]);
    expect(report.deeds.some(({ by }) => by === 'browser')).toBe(hasChromium);
    expect(await api.look(key)).toEqual(before);

    await approve(text, key);
    expect(await api.look(key)).toMatchObject({ state: 5, status: 'consumed' });
  }, 120_000);
});

/** As a person does: opens the link, types the end of the key's id, presses the button. */
async function approve(text: string, keyId: string): Promise<void> {
  const [link = ''] = /^http\S+$/m.exec(text) ?? [];
  const page = await (await fetch(link)).text();
  const hidden = [...page.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)];
  const body = new URLSearchParams(
    hidden.map(([, name = '', value = '']) => [name, value] as [string, string]),
  );
  body.append('confirm', keyId.slice(-6));
  body.append('force', 'true');
  body.append('decision', 'approve');
  expect(await (await fetch(link, { method: 'POST', body })).text()).toContain('The key is destroyed');
}

function apiOf(url: string, { instanceId, apiKeys }: Installed) {
  const call = async (who: string, route: string, body?: object): Promise<Record<string, unknown>> => {
    const [method = '', path = ''] = route.split(' ');
    const headers = {
      authorization: `Bearer ${apiKeys[`${who}@example.com`] ?? who}`,
      'bluemix-instance': instanceId,
      'content-type': 'application/json',
    };
    const response = await fetch(url + path, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    expect(response.ok, text).toBe(true);
    return text === '' ? {} : JSON.parse(text);
  };
  /** A resource that uses the key, so that the page asks for the force as well. */
  const register = async (id: string): Promise<void> => {
    const service = { kind: 'service', name: 'storage', owner: 'mia@example.com', roles: ['Reader'] };
    const { apiKey } = await call('mia', 'POST /countersign/v1/people', service);
    const metadata = {
      collectionType: 'application/vnd.ibm.kms.registration_input+json',
      collectionTotal: 1,
    };
    const crn = encodeURIComponent('crn:v1:bluemix:public:cloud-object-storage:global:a/1:2:bucket:scanned');
    const body = { metadata, resources: [{}] };
    await call(String(apiKey), `POST /api/v2/keys/${id}/registrations/${crn}`, body);
  };
  return {
    async newKeySetForDeletion(): Promise<string> {
      const metadata = { collectionType: 'application/vnd.ibm.kms.key+json', collectionTotal: 1 };
      const resources = [{ type: 'application/vnd.ibm.kms.key+json', name: 'scanned', extractable: false }];
      const made = await call('mia', 'POST /api/v2/keys', { metadata, resources });
      const { id } = (made.resources as { id: string }[])[0] ?? { id: '' };
      await register(id);
      await call('will', `POST /api/v2/keys/${id}/actions/setKeyForDeletion`);
      return id;
    },
    /** What a scanner must not change. */
    async look(id: string) {
      const key = await call('rita', `GET /api/v2/keys/${id}/metadata`);
      const { status, round } = (await call('rita', `GET /countersign/v1/keys/${id}/authorization`)) as {
        status?: string;
        round?: number;
      };
      const history = await call('rita', `GET /countersign/v1/keys/${id}/history?limit=1000`);
      const events = history.events as { action: string }[];
      const decided = /\.(approve|deny|delete|unsetkeyfordeletion|supersede|reauthorize)$/;
      return {
        state: (key.resources as { state: number }[])[0]?.state,
        status,
        round,
        decisions: events.filter(({ action }) => decided.test(action)).length,
        events: events.length,
      };
    },
  };
}

describe('the scanner catches a page that', () => {
  /** Serves the app for one test, and answers with how often it decided. */
  async function decisionsOf(
    build: (app: Hono, decide: () => void) => void,
    scripts = false,
  ): Promise<number> {
    let decisions = 0;
    const app = new Hono();
    build(app, () => {
      decisions += 1;
    });
    const server = createServer((request, response) => void getRequestListener(app.fetch)(request, response));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const link = `http://127.0.0.1:${port}/decide/Token`;
    const options = { repeats: 2, dictionary: ['yes'], linger: 50, ...browserWhen(scripts) };
    await scan({ text: `Decide:\n${link}.`, html: `<a href="${link}">` }, options);
    server.closeAllConnections();
    server.close();
    return decisions;
  }
  const done = (c: Context, decide: () => void) => {
    decide();
    return c.text('done');
  };
  const form = (method: string, fields: string) =>
    `<form method="${method}" action="">${fields}<button name="decision" value="approve">Approve</button></form>`;

  it('decides when it is opened', async () => {
    const decisions = await decisionsOf((app, decide) => app.get('/decide/Token', (c) => done(c, decide)));
    expect(decisions).toBeGreaterThan(2);
  });

  it('decides behind a redirect', async () => {
    const decisions = await decisionsOf((app, decide) => {
      app.get('/decide/Token', (c) => c.redirect('/done'));
      app.get('/done', (c) => done(c, decide));
    });
    expect(decisions).toBeGreaterThan(0);
  });

  it('decides by a form that needs nothing to be typed', async () => {
    const decisions = await decisionsOf((app, decide) => {
      app.get('/decide/Token', (c) => c.html(form('post', '<input type="hidden" name="round" value="1">')));
      app.post('/decide/Token', async (c) => {
        const { round, decision } = await c.req.parseBody();
        if (round === '1' && decision === 'approve') decide();
        return c.text('done');
      });
    });
    expect(decisions).toBeGreaterThan(0);
  });

  it.each([
    ['a guess', 'yes', '<input name="confirm">'],
    ['a word that it shows', 'pass-phrase', '<p>Type "pass-phrase"</p><textarea name="confirm"></textarea>'],
    ['nothing', '', '<input type="text" name="confirm" value="preset" required>'],
    ['what it suggests', 'preset', '<input type="text" name="confirm" value="preset">'],
  ])('decides when %s is typed', async (_, right, field) => {
    const decisions = await decisionsOf((app, decide) => {
      app.get('/decide/Token', (c) => c.html(form('post', field)));
      app.post('/decide/Token', async (c) => {
        if ((await c.req.parseBody()).confirm === right) decide();
        return c.text('done');
      });
    });
    expect(decisions).toBeGreaterThan(0);
  });

  it('decides by a form that is sent with GET', async () => {
    const decisions = await decisionsOf((app, decide) => {
      app.get('/decide/Token', (c) => {
        if (c.req.query('decision') === 'approve' && c.req.query('sure') === 'yes') decide();
        return c.html(form('get', '<input name="sure">'));
      });
    });
    expect(decisions).toBeGreaterThan(0);
  });

  it.skipIf(!hasChromium)('decides by a script', async () => {
    const decisions = await decisionsOf((app, decide) => {
      const script = `fetch('/by-script', { method: 'POST' })`;
      app.get('/decide/Token', (c) => c.html(`<script>${script}</script>`));
      app.post('/by-script', (c) => done(c, decide));
    }, true);
    expect(decisions).toBeGreaterThan(0);
  });

  it('lets a page alone that needs what no scanner knows', async () => {
    const decisions = await decisionsOf((app, decide) => {
      app.get('/decide/Token', (c) => c.html(form('post', '<input name="confirm">')));
      app.post('/decide/Token', async (c) => {
        if ((await c.req.parseBody()).confirm === '9d3f5f') decide();
        return c.text('done');
      });
    });
    expect(decisions).toBe(0);
  });

  it('never leaves this computer unless it is told that it may', async () => {
    const { links, deeds } = await scan({ text: 'https://example.com/decide/x', html: '' });
    expect([links, deeds]).toEqual([[], []]);
  });
});
