import { join } from 'node:path';
import { expect, test } from 'vitest';
import { backUp } from '../../lib/wiring/backup.ts';
import { version } from '../../lib/wiring/version.ts';
import { servedInstallation } from './served-installation.ts';

test('a server tells its operators its version, its last sweep and the last backup that was made through it', async () => {
  const { local, path } = await servedInstallation();
  const { installation } = local.context;
  await expect.poll(async () => (await installation?.look())?.lastSweep).toBeDefined();
  expect(installation?.version).toBe(version());
  expect((await installation?.look())?.lastBackup).toBeUndefined();
  const began = Date.now();
  await backUp(path, join(path, '..', 'copy.backup'));
  const seen = await installation?.look();
  expect(seen?.lastBackup).toBeGreaterThanOrEqual(began);
  expect(seen).toMatchObject({ overdue: expect.any(Number), sinks: [] });
});
