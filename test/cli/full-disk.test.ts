import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { type Caller, COMMAND, call, createdKey, install, startServer } from './command.ts';

const MOST_KEYS = 500;

/** In units of 512 bytes, as `ulimit -f` counts: a file that would be longer cannot be written (EFBIG). */
const LONGEST_FILE = 1_024;

/** `countersign serve`, none of whose files may become longer than this. */
async function startLimited(dataDir: string): Promise<{ url: string; child: ChildProcess }> {
  const serve = [process.execPath, COMMAND, 'serve', '--port', '0', '--data-dir', dataDir];
  const child = spawn('sh', ['-c', `ulimit -S -f ${LONGEST_FILE}; exec "$@"`, 'sh', ...serve], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  for (;;) {
    const [chunk] = await once(child.stdout, 'data', { signal: AbortSignal.timeout(20_000) });
    said += String(chunk);
    const url = /^Countersign is ready: (\S+)$/m.exec(said)?.[1];
    if (url !== undefined) return { url, child };
  }
}

/** Linux lets one lift a running process's limit. */
const CAN_LIFT = spawnSync('prlimit', ['--version']).status === 0;
const lift = (pid: number | undefined): void =>
  void execFileSync('prlimit', ['--pid', String(pid), '--fsize=unlimited']);

function createKey(by: Caller): Promise<Response> {
  return call('POST /api/v2/keys', by, {
    metadata: { collectionType: 'application/vnd.ibm.kms.key+json', collectionTotal: 1 },
    resources: [{ name: 'one of many', description: 'x'.repeat(200), extractable: false }],
  });
}

/** @returns how many were acknowledged, and the answer to the first that was not. */
async function createUntilRefused(by: Caller): Promise<{ created: number; refused: Response }> {
  for (let created = 0; created < MOST_KEYS; created += 1) {
    const answer = await createKey(by);
    if (answer.status !== 201) return { created, refused: answer };
    await answer.text();
  }
  throw new Error('the disk was never full');
}

test('without room what is asked is refused, nothing acknowledged is lost, and it goes on when there is room', async () => {
  const installed = await install();
  const { url, child } = await startLimited(installed.dataDir);
  const will = { email: 'will@example.com', installed, server: { url } };
  const mia = { ...will, email: 'mia@example.com' };
  await createdKey('payroll', will);
  expect((await call('POST /api/v2/keys/payroll/actions/setKeyForDeletion', will)).status).toBe(204);

  const { created, refused } = await createUntilRefused(mia);
  expect(created).toBeGreaterThan(3);
  expect(refused.status).toBe(503);
  expect(await refused.json()).toMatchObject({
    metadata: { collectionType: 'application/vnd.ibm.kms.error+json' },
    resources: [{ errorMsg: expect.stringContaining('Service Unavailable') }],
  });
  // An approval is refused like everything that would be written; what is there can be read.
  expect((await call('DELETE /api/v2/keys/payroll', mia)).status).toBe(503);
  expect(await total(mia)).toBe(created + 1);

  if (CAN_LIFT) {
    lift(child.pid);
    expect((await createKey(mia)).status).toBe(201);
  }
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
  const server = await startServer(['--data-dir', installed.dataDir]);
  const after = { ...mia, server };
  expect(await total(after)).toBe(created + 1 + (CAN_LIFT ? 1 : 0));
  expect((await call('DELETE /api/v2/keys/payroll', after)).status).toBe(204);
  const read = await call('GET /api/v2/keys/payroll', after);
  expect(await read.json()).toMatchObject({ resources: [{ state: 5, deleted: true }] });
});

async function total(by: Caller): Promise<number> {
  const answer = await call('GET /api/v2/keys?limit=1000', by);
  expect(answer.status).toBe(200);
  const { resources }: { resources: unknown[] } = JSON.parse(await answer.text());
  return resources.length;
}
