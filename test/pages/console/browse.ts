import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { createApp } from '../../../lib/http/app.ts';
import { type ServedApp, serveApp } from '../../support/served-app.ts';
import { openStory, type Story, type StoryOptions } from '../../support/story.ts';
import { openChromium } from '../chromium.ts';

export const PHONE = 390;
export const DESKTOP = 1280;

export interface Look {
  /** In CSS pixels: `PHONE` or `DESKTOP`. */
  readonly width: number;
  /** False: scripts do not run. Default: they do. */
  readonly javascript?: boolean;
  readonly colorScheme?: 'light' | 'dark';
  /** Default: this machine's. */
  readonly locale?: string;
  readonly timezoneId?: string;
  /** Signs this person of the story in. Default: nobody. */
  readonly as?: keyof Story['apiKeys'];
}

/** One window of a browser with a profile of its own. */
export interface Tab {
  readonly page: Page;
  /** What the console of the browser said, and every request to another host. Empty is right. */
  readonly complaints: readonly string[];
  /** What axe-core finds (WCAG 2.2 A and AA, and best practices), a line each. Empty is right. */
  readonly axe: () => Promise<readonly string[]>;
  /** How many pixels the page is wider than the window. */
  readonly overflow: () => Promise<number>;
  readonly signIn: (name: keyof Story['apiKeys']) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A story, its app behind a real server, and one browser. Open one for a file, and tabs for its tests. */
export interface Browse {
  readonly story: Story;
  readonly url: string;
  readonly openConsole: (look: Look) => Promise<Tab>;
  readonly close: () => Promise<void>;
}

export async function browseConsole(options: StoryOptions = {}): Promise<Browse> {
  const story = await openStory(options);
  const server = await serveApp(createApp(story.context));
  const browser = await openChromium();
  return {
    story,
    url: server.url,
    openConsole: (look) => openTab({ story, server, browser }, look),
    close: async () => {
      await browser.close();
      await server.close();
      await story.close();
    },
  };
}

export interface Behind {
  readonly story: Story;
  readonly server: ServedApp;
  readonly browser: Browser;
}

export async function openTab({ story, server, browser }: Behind, look: Look): Promise<Tab> {
  const { width, javascript = true, colorScheme = 'light', as, ...place } = look;
  const options: BrowserContextOptions = {
    viewport: { width, height: 800 },
    baseURL: server.url,
    colorScheme,
    ...place,
  };
  const context = await browser.newContext(options);
  const page = await context.newPage();
  // In place of Playwright's `javaScriptEnabled`, so that axe-core can run in a page whose own scripts did not.
  const devtools = await context.newCDPSession(page);
  const runScripts = (run: boolean) => devtools.send('Emulation.setScriptExecutionDisabled', { value: !run });
  await runScripts(javascript);
  const complaints: string[] = [];
  page.on('console', (message) => {
    // A page that is refused is answered so on purpose.
    if (!/the server responded with a status of 4\d\d/.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => void complaints.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url)) complaints.push(`asked for ${request.url()}`);
  });
  const tab: Tab = {
    page,
    complaints,
    axe: async () => {
      await runScripts(true);
      const problems = await accessibilityProblems(page);
      await runScripts(javascript);
      return problems;
    },
    overflow: async () => {
      const [wide = 0, window = 0] = await page.evaluate<number[]>(
        '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
      );
      return wide - window;
    },
    signIn: async (name) => {
      await page.goto('/sign-in');
      await page.getByLabel('API key').fill(story.apiKeys[name]);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('button', { name: 'Sign out' }).waitFor();
    },
    close: () => context.close(),
  };
  if (as !== undefined) await tab.signIn(as);
  return tab;
}

async function accessibilityProblems(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  return page.evaluate<readonly string[]>(`axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }).then(({ violations }) => violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => [id, help, html, failureSummary].join(' | '))))`);
}
