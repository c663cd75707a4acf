import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const PROBE_MS = 300;
const BLOCK = Buffer.alloc(4_096, 'x');

/** How many blocks a second the disk itself makes durable, one after another. Told before each round: disks tire. */
export function syncsPerSecond(folder: string): number {
  const path = join(folder, 'probe');
  const file = openSync(path, 'w');
  const began = performance.now();
  let count = 0;
  for (; performance.now() < began + PROBE_MS; count += 1) {
    writeSync(file, BLOCK);
    fdatasyncSync(file);
  }
  const perSecond = (count * 1_000) / (performance.now() - began);
  closeSync(file);
  rmSync(path);
  return perSecond;
}
