import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COMMAND, countersign, temporaryFolder } from './command.ts';

test('the demo tells the whole story within 20 seconds and leaves nothing behind', async () => {
  const folder = temporaryFolder();
  const begun = performance.now();
  // Somebody's own settings do not get into it.
  const environment = { TMPDIR: folder, COUNTERSIGN_PUBLIC_URL: 'https://keys.example.com' };
  const { code, stdout, stderr } = await countersign(['demo'], environment, COMMAND);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(performance.now() - begun).toBeLessThan(20_000);
  const story = [
    /POST \/api\/v2\/keys {2}→ {2}201/,
    /setKeyForDeletion {2}→ {2}204/,
    /DELETE \/api\/v2\/keys\/payroll {2}→ {2}409/,
    /different person/,
    /To: mia@example\.com/,
    /POST \/decide\/… {2}→ {2}200\n.*The key is destroyed/,
    /actions\/unwrap {2}→ {2}409/,
    /ExecutionSucceeded/,
  ];
  const positions = story.map((step) => stdout.search(step));
  expect(positions).not.toContain(-1);
  expect(positions).toEqual([...positions].sort((a, b) => a - b));
  expect(readdirSync(folder).filter((name) => name.startsWith('countersign-demo-'))).toEqual([]);
});
