import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { appendLines } from '../../../lib/adapters/file/append.ts';

function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-append-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'lines.jsonl');
}

test('lines are appended to a file that only its owner can read', async () => {
  const path = newPath();
  await appendLines(path, ['one']);
  await appendLines(path, ['two', 'three']);
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\nthree\n');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test.for([5, 65_536, 200_000])(
  'a last line that was cut off after %d characters is taken away',
  async (length) => {
    const path = newPath();
    await appendLines(path, ['one']);
    appendFileSync(path, 'x'.repeat(length));
    await appendLines(path, ['two']);
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
  },
);

test('a file of one cut line begins anew', async () => {
  const path = newPath();
  writeFileSync(path, 'x'.repeat(70_000));
  await appendLines(path, ['one']);
  expect(readFileSync(path, 'utf8')).toBe('one\n');
});
