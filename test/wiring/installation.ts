import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { NewInstallation } from '../../lib/wiring/data-folder.ts';

/** A folder of the test's own, gone after it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-wiring-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const REQUEST: NewInstallation = {
  name: 'test',
  people: [
    { email: 'mia@example.com', roles: ['Manager'] },
    { email: 'max@example.com', roles: ['Manager'] },
    { email: 'will@example.com', roles: ['Writer'] },
  ],
  dualAuthorization: true,
  authorizationWindow: 604_800,
  reauthorizationWindow: 172_800,
  restoreWindow: 2_592_000,
  trial: false,
};
