import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readShreddings, SHREDDINGS, shreddingRecord } from '../../../lib/adapters/file/shredding-record.ts';
import { TRANSIENT_ERROR } from '../../../lib/domain/errors.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-shreddings-'));
  path = join(folder, SHREDDINGS);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const shredding = (keyId: string) => ({
  instanceId: 'instance',
  keyId,
  deletedAt: Date.UTC(2026, 0, 1),
  deletedBy: 'countersign|alice',
  shreddedAt: Date.UTC(2026, 0, 31),
});

it('is absent until something is shredded', async () => {
  expect(await readShreddings(folder)).toBeUndefined();
});

it('says of each shredding whether it happened, if that is known, also when many are under way', async () => {
  const record = shreddingRecord(folder);
  const [first, second] = await Promise.all(
    ['first', 'second', 'third'].map((id) => record.begin(shredding(id))),
  );
  await second?.end(false);
  await first?.end(true);
  expect(await readShreddings(folder)).toEqual([
    { id: expect.any(String), ...shredding('first'), happened: true },
    { id: expect.any(String), ...shredding('second'), happened: false },
    { id: expect.any(String), ...shredding('third') },
  ]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('does without a last line that a crash has cut off, and writes on after it', async () => {
  await shreddingRecord(folder).begin(shredding('first'));
  const whole = readFileSync(path, 'utf8');
  appendFileSync(path, whole.slice(0, 40));
  expect(await readShreddings(folder)).toHaveLength(1);
  await shreddingRecord(folder).begin(shredding('second'));
  expect((await readShreddings(folder))?.map(({ keyId }) => keyId)).toEqual(['first', 'second']);
});

it('is refused when it is damaged, with the line', async () => {
  for (const damage of ['{"id":', '{"id":"no uuid","happened":true}', '[]']) {
    rmSync(path, { force: true });
    await shreddingRecord(folder).begin(shredding('first'));
    writeFileSync(path, `${readFileSync(path, 'utf8')}${damage}\n`);
    await expect(readShreddings(folder)).rejects.toThrow(`${path} is damaged in line 2`);
  }
});

it('is transient where it cannot be written, and an end that cannot be written is left open', async () => {
  const record = shreddingRecord(join(folder, 'missing'));
  await expect(record.begin(shredding('first'))).rejects.toMatchObject({ name: TRANSIENT_ERROR });
  await expect(record.end('1b671a64-40d5-491e-99b0-da01ff1f3341', true)).resolves.toBeUndefined();
});
