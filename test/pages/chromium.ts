import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Debian's package `chromium`. */
const EXECUTABLE = '/usr/bin/chromium';

/** Whether there is a browser; where there is none, one line says so loudly. */
export const hasChromium = existsSync(EXECUTABLE);
if (!hasChromium) {
  process.stderr.write(
    `NOT TESTED IN A BROWSER: there is no ${EXECUTABLE} (apt-get install -y --no-install-recommends chromium)\n`,
  );
}

/** A headless browser with an empty profile, which asks nothing of the network by itself. */
export const openChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
