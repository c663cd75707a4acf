import type { Browser, Page } from 'playwright-core';
import type { Deed } from './requests.ts';

export interface BrowseOptions {
  readonly mayAsk: (url: URL) => boolean;
  readonly words: readonly string[];
  /** For each page, in milliseconds. */
  readonly timeLimit: number;
  /** How long the scripts of each page may run, in milliseconds. */
  readonly linger: number;
}

/**
 * Opens the link as a sandbox does that looks for malware: scripts run, everything that can be pressed is pressed,
 * and forms are sent with guesses in their fields, past the browser's own checks.
 */
export async function browse(
  browser: Browser,
  link: string,
  options: BrowseOptions,
): Promise<readonly Deed[]> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 1024 } });
  const deeds: Deed[] = [];
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(options.timeLimit);
    await page.route('**/*', (route) =>
      options.mayAsk(new URL(route.request().url())) ? route.continue() : route.abort(),
    );
    page.on('response', (response) =>
      deeds.push({
        by: 'browser',
        method: response.request().method(),
        url: response.url(),
        status: response.status(),
      }),
    );
    page.on('dialog', (dialog) => void dialog.accept());
    await open(page, link, options);
    await pressEverything(page, link, options);
  } finally {
    await context.close();
  }
  return deeds;
}

async function open(page: Page, link: string, { linger }: BrowseOptions): Promise<void> {
  await page.goto(link);
  await page.mouse.move(200, 200);
  await page.mouse.wheel(0, 4_000);
  await page.waitForTimeout(linger);
}

const PRESSABLE = 'a[href], button, input[type=submit], input[type=image], summary, [onclick], [role=button]';

async function pressEverything(page: Page, link: string, options: BrowseOptions): Promise<void> {
  const count = await page.locator(PRESSABLE).count();
  for (const word of ['', ...options.words]) {
    for (let which = 0; which < count; which += 1) {
      await fillIn(page, word);
      await press(page, which);
      await open(page, link, options);
    }
  }
}

/** Also takes off what would keep a person from sending a form that is not filled in. */
async function fillIn(page: Page, word: string): Promise<void> {
  await page.evaluate('for (const form of document.forms) form.noValidate = true;');
  for (const field of await page.locator('input:not([type=hidden]):not([type=submit]), textarea').all()) {
    await field.fill(word).catch(() => {});
  }
}

async function press(page: Page, which: number): Promise<void> {
  const element = page.locator(PRESSABLE).nth(which);
  // A page may look different by now; what is not there any more cannot be pressed.
  await element.click({ timeout: 2_000 }).catch(() => {});
  await page.waitForLoadState();
}
