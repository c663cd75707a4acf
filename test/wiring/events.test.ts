import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { openSinks } from '../../lib/wiring/events.ts';
import { temporaryFolder } from './installation.ts';

const clock = { now: () => 0 };
const WEBHOOK = 'https://siem.example.com/hook?key=hidden';

function secretFile(mode = 0o600): string {
  const path = join(temporaryFolder(), 'secret');
  writeFileSync(path, `whsec_${Buffer.alloc(32, 7).toString('base64')}\n`, { mode });
  return path;
}

test('sinks are a file, the standard output and a webhook, named without what is secret', async () => {
  const to = ['file:/var/log/events.jsonl', 'stdout', WEBHOOK];
  const options = { to, webhookSecretFile: secretFile(), stdout: new PassThrough() };
  const names = (await openSinks(options, clock)).map(({ name }) => name);
  expect(names).toEqual([
    'file:/var/log/events.jsonl',
    'stdout',
    expect.stringMatching(/^https:\/\/siem\.example\.com#[0-9a-f]{8}$/),
  ]);
});

interface Given {
  readonly to: readonly string[];
  readonly secret?: () => string;
}

test.each<[Given, RegExp]>([
  [{ to: ['syslog'] }, /takes file:PATH, stdout, or the https URL/],
  [{ to: ['file:'] }, /takes file:PATH/],
  [{ to: [WEBHOOK] }, /a webhook needs a secret/],
  [{ to: ['file:a', 'file:./a'] }, /names file:.*\/a twice/],
  [{ to: [], secret: () => '/nowhere/secret' }, /there is no \/nowhere/],
  [{ to: ['http://siem.example.com/hook'], secret: secretFile }, /must be reached by https/],
])('%j is refused', async ({ to, secret }, reason) => {
  const options = { to, stdout: new PassThrough(), ...(secret && { webhookSecretFile: secret() }) };
  await expect(openSinks(options, clock)).rejects.toThrow(reason);
});

test('a secret that others can read is not used', async () => {
  const options = { to: [WEBHOOK], webhookSecretFile: secretFile(0o644) };
  await expect(openSinks(options, clock)).rejects.toThrow(/chmod 600/);
});
