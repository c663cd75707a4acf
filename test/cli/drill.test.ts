import { expect, test } from 'vitest';
import { as, countersign, install, startServer } from './command.ts';

test('a drill is started, confirmed and looked at from the command line', async () => {
  const installed = await install();
  const server = await startServer(['--data-dir', installed.dataDir]);
  const run = (email: string, ...args: string[]) =>
    countersign(['drill', ...args], as(email, server, installed));
  expect((await run('mia@example.com', 'status')).stderr).toContain('DRILL_NOT_FOUND_ERR');
  const started = await run('mia@example.com', 'start', '--duration', 'PT2H');
  expect(started.stdout).toContain('2 Managers are asked by mail');
  expect((await run('will@example.com', 'start')).code).toBe(1);
  const { keyId } = JSON.parse((await run('rita@example.com', 'status', '--json')).stdout);
  expect((await run('max@example.com', 'confirm', keyId.slice(-6))).stdout).toContain('You have confirmed');
  const status = await run('rita@example.com', 'status');
  expect(status.stdout).toMatch(/max@example\.com +can approve .* by api, with a credential of their own/);
  expect(status.stdout).toMatch(/mia@example\.com +no answer yet/);
  expect((await run('rita@example.com', 'list')).stdout).toContain('1 of 2');
}, 120_000);
