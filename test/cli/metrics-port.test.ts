import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseListen } from '../../lib/cli/arguments.ts';
import { openMetricsPort } from '../../lib/cli/metrics-port.ts';
import { temporaryFolder } from './command.ts';

const ANY = { host: '127.0.0.1', port: 0 };

function tokenFile(text: string, mode = 0o600): string {
  const path = join(temporaryFolder(), 'token');
  writeFileSync(path, text, { mode });
  chmodSync(path, mode);
  return path;
}

test('there is no port of the metrics unless one is asked for', async () => {
  expect(await openMetricsPort({})).toBeUndefined();
});

test('it is answered when the installation is open, to whoever has the token', async () => {
  const port = await openMetricsPort({
    metricsListen: ANY,
    metricsTokenFile: tokenFile('0123456789abcdef\n'),
  });
  const asked = fetch(port?.url ?? '', { headers: { authorization: 'Bearer 0123456789abcdef' } });
  port?.answerWith(async () => '# EOF\n');
  expect(await (await asked).text()).toBe('# EOF\n');
  expect((await fetch(port?.url ?? '')).status).toBe(401);
  await port?.http.close(0);
});

test.each([
  [{ metricsListen: { host: '0.0.0.0', port: 0 } }, /can be reached from other machines/],
  [{ metricsListen: { host: '::', port: 0 } }, /can be reached from other machines/],
  [{ metricsTokenFile: '/nowhere' }, /is for --metrics-listen/],
  [{ metricsListen: ANY, metricsTokenFile: '/nowhere/token' }, /there is no/],
])('%j is refused', async (options, reason) => {
  await expect(openMetricsPort(options)).rejects.toThrow(reason);
});

test.each([
  ['short', 0o600, /at least 16 characters/],
  ['two words that are long', 0o600, /one token/],
  ['0123456789abcdef', 0o644, /chmod 600/],
])('a file of a token with %j and mode %o is refused', async (text, mode, reason) => {
  const options = { metricsListen: ANY, metricsTokenFile: tokenFile(text, mode) };
  await expect(openMetricsPort(options)).rejects.toThrow(reason);
});

test('a port is on this machine unless a host is given', () => {
  expect(parseListen('9464')).toEqual({ host: '127.0.0.1', port: 9464 });
  expect(parseListen('0.0.0.0:9464')).toEqual({ host: '0.0.0.0', port: 9464 });
  expect(parseListen('[::1]:0')).toEqual({ host: '::1', port: 0 });
  for (const text of ['', ':9464', 'host', '99999', 'host:']) expect(() => parseListen(text)).toThrow();
});
