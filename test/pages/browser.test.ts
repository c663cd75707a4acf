import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accept, refuse } from '../../lib/domain/refusal.ts';
import { type Links, linkPages } from '../../lib/pages/routes.ts';
import { hasChromium, openChromium } from './chromium.ts';
import { FAINT_TEXTS } from './faint-texts.ts';
import { TOKEN, viewOf } from './views.ts';

const PHONE = { width: 360, height: 740 };

/** Shows a pending request until a right confirmation decides it, as the operations do. */
function rememberingLinks(): Links & { readonly decisions: readonly string[] } {
  let view = viewOf('pending');
  const decisions: string[] = [];
  return {
    decisions,
    open: async () => accept(view),
    opened: async () => {},
    async decide(_, { decision, confirm }) {
      if (confirm !== view.key.id.slice(-6)) return refuse('confirmation-mismatch');
      decisions.push(decision);
      view = viewOf(decision === 'approve' ? 'consumed' : 'denied');
      return accept(view);
    },
    reauthorize: async () => refuse('access-denied'),
  };
}

describe.skipIf(!hasChromium)('the page behind a mailed link, in a browser', () => {
  let browser: Browser;
  let server: Server;
  let links: ReturnType<typeof rememberingLinks>;
  let page: Page;
  let url: string;
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await openChromium();
    // Under a base path that a proxy takes off, as with `--public-url https://keys.example.com/base`.
    const proxy = new Hono().mount('/base', (request) =>
      linkPages(links, { info() {}, error: (message) => void complaints.push(message) }).fetch(request),
    );
    server = createServer((request, response) => void getRequestListener(proxy.fetch)(request, response));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base/decide/${TOKEN}`;
  });
  afterAll(async () => {
    await browser.close();
    server.close();
  });
  beforeEach(() => {
    links = rememberingLinks();
    complaints.length = 0;
  });
  afterEach(() => page.context().close());

  async function open(options: BrowserContextOptions = {}): Promise<void> {
    const context = await browser.newContext({ viewport: PHONE, ...options });
    page = await context.newPage();
    page.on('console', (message) => void complaints.push(message.text()));
    page.on('request', (request) => {
      if (!request.url().startsWith(new URL(url).origin)) complaints.push(`asked for ${request.url()}`);
    });
    await page.goto(url);
  }

  const focused = () =>
    page.evaluate<string>('document.activeElement.id || document.activeElement.textContent.trim()');

  it.each([
    ['light', true],
    ['light', false],
    ['dark', true],
    ['dark', false],
  ] as const)(
    'fits a phone, is styled in %s, and takes an approval with scripts %s',
    async (colorScheme, javaScriptEnabled) => {
      await open({ colorScheme, javaScriptEnabled });
      const wide = await page.evaluate<number>('document.documentElement.scrollWidth');
      const ground = await page.evaluate<string>(
        'getComputedStyle(document.documentElement).backgroundColor',
      );
      expect(wide).toBeLessThanOrEqual(PHONE.width);
      expect(ground).toBe(colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(19, 19, 22)');
      await page.getByLabel('Last 6 characters of the key id').fill('4e1a6f');
      await page.getByRole('button', { name: 'Approve and destroy the key' }).click();
      await page.getByRole('heading', { level: 1, name: 'The key is destroyed' }).waitFor();
      expect(page.url()).toBe(url);
      expect(links.decisions).toEqual(['approve']);
      expect(complaints).toEqual([]);
    },
  );

  it('shows the result after the decision, however often it is loaded again', async () => {
    await open();
    await page.getByLabel('Last 6 characters').fill('4e1a6f');
    await page.getByRole('button', { name: 'Deny and keep the key' }).click();
    await page.getByText('was denied by').waitFor();
    await page.reload();
    await page.getByText('was denied by').waitFor();
    expect(links.decisions).toEqual(['deny']);
  });

  it.each([
    ['Deny and keep the key', 'deny'],
    ['I did not expect this', 'unexpected'],
    ['Approve and destroy the key', 'approve'],
  ])('has three buttons, and “%s” takes that decision', async (name, decision) => {
    await open({ javaScriptEnabled: false });
    await page.getByLabel('Last 6 characters').fill('4e1a6f');
    const buttons = page.getByRole('button');
    expect(await buttons.count()).toBe(3);
    const width = await page.evaluate<number>('document.documentElement.scrollWidth').catch(() => 0);
    expect(width).toBeLessThanOrEqual(PHONE.width);
    await page.getByRole('button', { name }).click();
    await page
      .getByRole('heading', { level: 1, name: decision === 'approve' ? 'destroyed' : 'Denied' })
      .waitFor();
    expect(links.decisions).toEqual([decision]);
  });

  it('a wrong confirmation leaves the note, says what to mend, and puts the cursor there', async () => {
    await open();
    await page.getByLabel('Last 6 characters').fill('000000');
    await page.getByLabel('Note (optional)').fill('two\nlines');
    await page.getByRole('button', { name: 'Approve' }).click();
    await page
      .getByRole('alert')
      .getByRole('link', { name: 'These are not the last 6 characters' })
      .waitFor();
    const field = page.getByLabel('Last 6 characters');
    await expect.poll(focused).toBe('confirm');
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    // A note is one line wherever it is shown.
    expect(await page.getByLabel('Note (optional)').inputValue()).toBe('two lines');
    expect(await page.title()).toMatch(/^Error: /);
    expect(links.decisions).toEqual([]);
    await field.fill('4e1a6f');
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('heading', { name: 'The key is destroyed' }).waitFor();
  });

  it('can be used with the keyboard alone, and Enter in a field does not approve', async () => {
    await open();
    const stops: string[] = [];
    for (let stop = 0; stop < 6; stop += 1) {
      await page.keyboard.press('Tab');
      stops.push(
        `${await focused()} ${await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle')}`,
      );
    }
    expect(stops).toEqual([
      'Show all of it solid',
      'confirm solid',
      'note solid',
      'Deny and keep the key solid',
      'I did not expect this solid',
      'Approve and destroy the key solid',
    ]);
    await page.getByLabel('Last 6 characters').focus();
    await page.keyboard.type('4e1a6f');
    await page.keyboard.press('Enter');
    await page.getByText('was denied by').waitFor();
    expect(links.decisions).toEqual(['deny']);
  });

  it('sends nothing while the confirmation is empty', async () => {
    await open({ javaScriptEnabled: false });
    await page.getByRole('button', { name: 'Approve' }).click();
    await expect.poll(focused).toBe('confirm');
    expect(links.decisions).toEqual([]);
  });

  it.each(['light', 'dark'] as const)(
    'text has a contrast of 4.5:1 and targets are 44 px high in %s',
    async (colorScheme) => {
      await open({ colorScheme });
      await page.getByLabel('Last 6 characters').fill('x');
      await page.getByRole('button', { name: 'Deny' }).click();
      await page.getByRole('alert').waitFor();
      expect(await page.evaluate(FAINT_TEXTS)).toEqual([]);
      const heights = await page.$$eval('button, input:not([type=hidden]), textarea', (elements) =>
        elements.map((element) => element.getBoundingClientRect().height),
      );
      expect(heights).toHaveLength(5);
      expect(Math.min(...heights)).toBeGreaterThanOrEqual(44);
    },
  );
});
