import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { hasChromium } from '../../pages/chromium.ts';
import { type Browse, browseConsole } from '../../pages/console/browse.ts';
import { SCREENSHOTS, type Screenshot } from './list.ts';
import { sameIds } from './same-ids.ts';
import { smallPng } from './small-png.ts';
import { type LivedIn, liveIn } from './story.ts';

/** Writes the pictures of docs/images anew, on a clock and with ids that are the same each time: `npm run screenshots`. */

const FOLDER = join(import.meta.dirname, '../../../docs/images');
/** In bytes: what a clone of the project can bear. */
const LARGEST = 120_000;
/** In pixels, above a heading that a picture begins with. */
const MARGIN = 16;

async function take(browse: Browse, lived: LivedIn, shot: Screenshot): Promise<Buffer> {
  const { width, as, colorScheme = 'light' } = shot;
  const tab = await browse.openConsole({ width, colorScheme, locale: 'en-GB', timezoneId: 'UTC' });
  const { page } = tab;
  // The page tells how long ago things were: by the story's clock.
  await page.addInitScript(
    `Object.defineProperty(performance, 'timeOrigin', { value: ${browse.story.clock.now()} }); performance.now = () => 0;`,
  );
  if (as !== undefined) await tab.signIn(as);
  await page.goto(shot.path(lived));
  if (shot.print === true) await page.emulateMedia({ media: 'print' });
  const tall = await page.evaluate<number>('document.documentElement.scrollHeight');
  const y = shot.from === undefined ? 0 : await topOf(page, shot.from);
  const height = Math.min(tall - y, shot.height ?? tall);
  const png = await page.screenshot({ fullPage: true, clip: { x: 0, y, width, height } });
  await tab.close();
  return smallPng(png);
}

const topOf = async (page: Page, heading: string): Promise<number> => {
  const box = await page.getByRole('heading', { name: heading }).boundingBox();
  return Math.max(0, Math.floor(box?.y ?? 0) - MARGIN);
};

if (!hasChromium) process.exit(1);
sameIds();
const browse = await browseConsole();
try {
  const lived = await liveIn(browse.story);
  mkdirSync(FOLDER, { recursive: true });
  const files = SCREENSHOTS.map(({ file }) => file);
  for (const file of readdirSync(FOLDER)) if (!files.includes(file)) rmSync(join(FOLDER, file));
  for (const shot of SCREENSHOTS) {
    const png = await take(browse, lived, shot);
    process.stdout.write(`${shot.file}  ${Math.ceil(png.length / 1000)} kB\n`);
    if (png.length > LARGEST) {
      process.stderr.write(`${shot.file} is larger than ${LARGEST / 1000} kB\n`);
      process.exitCode = 1;
    }
    await writeFile(join(FOLDER, shot.file), png);
  }
} finally {
  await browse.close();
}
