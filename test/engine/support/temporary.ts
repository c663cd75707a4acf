import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A path for a database in a folder of its own, which goes when the test has finished. */
export const temporaryFile = (): string => fileIn(tmpdir());

/** The same in memory, where the system has such a folder: for tests that are not about the disk. */
export const memoryFile = (): string => fileIn(existsSync(SHARED_MEMORY) ? SHARED_MEMORY : tmpdir());

const SHARED_MEMORY = '/dev/shm';

function fileIn(place: string): string {
  const folder = mkdtempSync(join(place, 'countersign-engine-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'engine.db');
}
