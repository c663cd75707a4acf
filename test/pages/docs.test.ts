import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenApiDocument } from '../../lib/http/openapi-types.ts';
import { openServer, type Server } from '../http/server.ts';
import { hasChromium, openChromium } from './chromium.ts';
import { FAINT_TEXTS } from './faint-texts.ts';

let server: Server;
let html: string;
let document: OpenApiDocument;
beforeAll(async () => {
  server = await openServer();
  html = (await server.call(undefined, 'GET /docs')).text;
  document = (await server.call(undefined, 'GET /openapi.json')).json as unknown as OpenApiDocument;
});
afterAll(() => server.close());

describe('the page of the API', () => {
  it('shows every operation with its summary, and a command for it', () => {
    for (const [path, item] of Object.entries(document.paths)) {
      for (const [method, { operationId }] of Object.entries(item)) {
        const heading = `<h3 id="${operationId}"><code>${method.toUpperCase()} ${path}</code></h3>`;
        expect(html).toContain(heading);
        expect(html.split(heading)[1]).toMatch(/^\s*<p>.+\.<\/p>\s*<pre class="code">curl /);
      }
    }
  });

  it('asks nothing of anybody else, and has no script', async () => {
    const { headers } = await server.call(undefined, 'GET /docs');
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(headers.get('content-type')).toBe('text/html; charset=UTF-8');
    expect(html).not.toMatch(/<script|<img|<link|src=|javascript:/);
    expect([...html.matchAll(/href="(?!#)([^"]*)"/g)].map(([, href]) => href)).toEqual(['openapi.json']);
  });

  it('has commands that do what they say', async () => {
    const [, body = ''] = /<h3 id="createKey">[\s\S]*?-d &#39;(.*?)&#39;<\/pre>/.exec(html) ?? [];
    const created = await server.call('alice', 'POST /api/v2/keys', { body: body.replaceAll('&quot;', '"') });
    expect([created.status, created.resource.name]).toEqual([201, 'Ledger']);
  });
});

describe.skipIf(!hasChromium)('the page of the API, in a browser', () => {
  let browser: Browser;
  let http: HttpServer;
  let url: string;
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await openChromium();
    http = createServer((request, response) => void getRequestListener(server.app.fetch)(request, response));
    await once(http.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/docs`;
  });
  afterAll(async () => {
    await browser.close();
    http.close();
  });

  async function open(colorScheme: 'light' | 'dark'): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 360, height: 740 }, colorScheme });
    const page = await context.newPage();
    page.on('console', (message) => void complaints.push(message.text()));
    await page.goto(url);
    return page;
  }

  it.each(['light', 'dark'] as const)('fits a phone and can be read in %s', async (colorScheme) => {
    const page = await open(colorScheme);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    expect(await page.evaluate(FAINT_TEXTS)).toEqual([]);
    await page.getByText('Key actions', { exact: true }).first().click();
    await page.getByRole('link', { name: 'POST /api/v2/keys/{id}/actions/wrap' }).click();
    expect(await page.evaluate<string>('location.hash')).toBe('#wrapKey');
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
