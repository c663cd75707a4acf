import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readMasterKeys } from '../../lib/adapters/file/master-key.ts';
import { masterKeySealer, sealedUnder } from '../../lib/adapters/file/sealer.ts';
import { systemClock } from '../../lib/adapters/system/clock.ts';
import { TransientError } from '../../lib/domain/errors.ts';
import { listInstances } from '../../lib/operations/init-instance.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { instancePartition } from '../../lib/operations/records/instance.ts';
import { materialKey } from '../../lib/operations/records/material.ts';
import { bringBack, endOfMaterial } from '../../lib/operations/retained-material.ts';
import { openDataFolder } from '../../lib/wiring/data-folder.ts';
import { orderMasterKey } from '../../lib/wiring/master-key-order.ts';
import { rotateMasterKey } from '../../lib/wiring/master-key-rotation.ts';
import { refusingRetiredSeals } from '../../lib/wiring/retired-seals.ts';
import { temporaryFolder } from './installation.ts';
import {
  anyOfEach,
  filesHolding,
  fillFolder,
  masterKeyIds,
  openEverything,
  type Secrets,
} from './sealed-folder.ts';
import { createdKey, destroyed, PLAINTEXT, servedInstallation, wrapped } from './served-installation.ts';

const KEY = Buffer.alloc(32, 7);
const PATIENCE = { timeout: 20_000 };

const folder = mkdtempSync(join(tmpdir(), 'countersign-rotation-'));
const prepared = join(folder, 'prepared');
// Bundled once: a child is then up in a tenth of the time that it takes to load its sources.
const program = join(folder, 'rotation-child.cjs');
let secrets: Secrets;
let former: string;

beforeAll(async () => {
  buildSync({
    entryPoints: [join(import.meta.dirname, 'rotation-child.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['libsql'],
  });
  secrets = await fillFolder(prepared, { keys: 550, destroyed: 8, mails: 5 });
  former = (await masterKeyIds(prepared))[0] ?? '';
});

afterAll(() => rmSync(folder, { recursive: true }));

function copy(): string {
  const path = join(temporaryFolder(), 'data');
  cpSync(prepared, path, { recursive: true });
  return path;
}

function rotateApart(path: string, ...more: string[]): ChildProcess {
  return spawn(process.execPath, [program, path, ...more], {
    env: { ...process.env, NODE_PATH: join(import.meta.dirname, '../../node_modules') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

const rotated = (path: string) => orderMasterKey(path, { command: 'rotate-master-key' });

/** One master key, everything opens, and the former one has left no trace: not its name, not what it sealed. */
async function expectDone(path: string, before: string): Promise<void> {
  const ids = await masterKeyIds(path);
  expect(ids).toHaveLength(1);
  expect(ids).not.toContain(before);
  expect(await openEverything(path)).toEqual(secrets);
  expect(filesHolding(path, sealedUnder(before))).toEqual([]);
  expect(readdirSync(path).filter((name) => name.startsWith('master.key'))).toEqual(['master.key']);
}

describe('the rotation of the master key', () => {
  test('seals everything anew, and nothing that the former key sealed is in a file', async () => {
    const path = copy();
    const formerFile = readFileSync(join(path, 'master.key'), 'latin1');
    expect(filesHolding(path, sealedUnder(former)).length).toBeGreaterThan(1);
    const outcome = await rotated(path);
    expect(outcome).toMatchObject({ rotated: { former, resumed: false, resealed: 550 + 8 + 1 + 5 + 1 } });
    await expectDone(path, former);
    expect(filesHolding(path, formerFile.slice(20, 60))).toEqual([]);
  });

  test.for([
    ['replace: written', '1'],
    ['replace: kept the former', '1'],
    ['replace: renamed', '1'],
    ['both keys', '1'],
    ['some sealed anew', '1'],
    ['some sealed anew', '3'],
    ['all sealed anew', '1'],
    ['erased', '1'],
    ['replace: written', '2'],
    ['replace: kept the former', '2'],
    ['replace: renamed', '2'],
  ] as const)('killed at “%s” (%s), it has lost nothing, and goes on to its end', async ([point, nth]) => {
    const path = copy();
    const child = rotateApart(path, point, nth);
    const [, signal] = await once(child, 'close');
    expect(signal).toBe('SIGKILL');
    expect(await openEverything(path)).toEqual(secrets);
    const between = await masterKeyIds(path);
    await rotated(path);
    await expectDone(path, former);
    // What was begun is what is finished: a rotation that is under way makes no third key.
    if (between.length === 2) expect(await masterKeyIds(path)).toEqual(between.slice(0, 1));
  });

  test('killed at any moment again and again, it never makes anything unreadable', async () => {
    const path = copy();
    for (let run = 0; run < 6; run += 1) {
      const child = rotateApart(path);
      const closed = once(child, 'close');
      await once(child.stdout ?? child, 'data');
      await sleep(Math.random() * 60);
      child.kill('SIGKILL');
      await closed;
      expect(await openEverything(path)).toEqual(secrets);
    }
    await rotated(path);
    await expectDone(path, former);
  });

  test('what was to be written as it was sealed before is decided anew', async () => {
    const path = copy();
    const opened = await openDataFolder(path);
    const sealer = masterKeySealer(...(await readMasterKeys(path)));
    const { store } = opened;
    const { material, retained } = await anyOfEach(opened);
    const putAway = await endOfMaterial({ store, sealer }, material, { window: 1, now: 0 });
    const broughtBack = (await bringBack({ store, sealer }, retained)) ?? [];
    const late = refusingRetiredSeals(store);
    const sealedLate = {
      put: { ...materialKey('i', 'k'), attributes: { sealed: sealer.sealNow(KEY, 'x') } },
      when: [],
    };
    const sealed = { folder: opened, sealer, clock: systemClock, retire: late.retire, gone: () => {} };
    await rotateMasterKey(sealed, {});
    expect(await store.commit(putAway.writes)).toMatchObject({ committed: false });
    expect(await store.commit(broughtBack)).toMatchObject({ committed: false });
    await expect(late.store.commit([sealedLate])).rejects.toThrow(TransientError);
    opened.close();
    await expectDone(path, former);
  });

  test('keeps both keys where something is sealed in a way that it does not know, and says so', async () => {
    const path = copy();
    const opened = await openDataFolder(path);
    const foreign = { table: 'main', partition: 'new', sort: 'kind' } as const;
    // A name that only looks like a seal stops nothing.
    const attributes = { name: `${sealedUnder(former)}x.y`, sealedSecret: `${sealedUnder(former)}x.y` };
    await opened.store.commit([{ put: { ...foreign, attributes }, when: [] }]);
    opened.close();
    await expect(rotated(path)).rejects.toThrow(
      '1 item is sealed in a way that this program cannot seal anew',
    );
    expect(await masterKeyIds(path)).toHaveLength(2);
    const again = await openDataFolder(path);
    await again.store.commit([{ update: foreign, when: [], remove: ['sealedSecret'] }]);
    again.close();
    expect(await rotated(path)).toMatchObject({ rotated: { former, resumed: true } });
  });

  test('is told in the history of each instance', async () => {
    const path = copy();
    const outcome = await rotated(path);
    const opened = await openDataFolder(path);
    const [instance] = await listInstances(opened);
    const { events } = await loadEvents(opened.store, instancePartition(instance?.id ?? ''), { limit: 100 });
    opened.close();
    expect(events.at(-1)).toMatchObject({
      action: 'countersign.master-key.rotate',
      data: { former, masterKey: 'rotated' in outcome && outcome.rotated.masterKey },
    });
  });
});

describe('while a server runs', () => {
  test('keys are made, used, rotated and destroyed, and all of it opens after the former key has gone', async () => {
    const installation = await servedInstallation();
    const { local, as, path, log } = installation;
    const [before = ''] = await masterKeyIds(path);
    const ids = await Promise.all(Array.from({ length: 30 }, () => createdKey(as)));
    const ciphertexts = await Promise.all(ids.map((id) => wrapped(as, id)));
    let turning = true;
    const added: string[] = [];
    const load = (async () => {
      for (let i = 0; turning; i += 1) {
        const id = ids[i % 20] ?? '';
        await Promise.all([
          as('will', `POST /api/v2/keys/${id}/actions/rotate`),
          createdKey(as).then((one) => added.push(one)),
        ]);
        if (i < 10) await destroyed(as, ids[20 + i] ?? '');
      }
    })();
    await expect.poll(() => added.length, PATIENCE).toBeGreaterThan(3);
    const progress: number[] = [];
    const outcome = await orderMasterKey(path, { command: 'rotate-master-key' }, (done) =>
      progress.push(done),
    );
    expect(outcome).toMatchObject({ rotated: { former: before, resumed: false } });
    await expect.poll(() => added.length, PATIENCE).toBeGreaterThan(12);
    turning = false;
    await load;
    expect(progress.at(-1)).toBeGreaterThanOrEqual(30);
    await local.close();

    expect(filesHolding(path, sealedUnder(before))).toEqual([]);
    const again = await installation.open();
    for (const [i, id] of ids.slice(0, 20).entries()) {
      const { status, json } = await as('will', `POST /api/v2/keys/${id}/actions/unwrap`, {
        ciphertext: ciphertexts[i],
      });
      expect([status, json.plaintext]).toEqual([200, PLAINTEXT]);
    }
    for (const id of added) await wrapped(as, id);
    expect(log).toEqual([]);
    await again.close();
    // With what waits of those that were destroyed.
    expect((await openEverything(path)).size).toBeGreaterThan(ids.length + added.length);
  });
});
