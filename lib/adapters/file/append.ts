import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './secret-file.ts';

const TAIL_BYTES = 65_536;
const LINE_FEED = 0x0a;

/**
 * Appends lines to a file that only its owner can read, and resolves when they are durable. A last line that a crash
 * has cut off is taken away first: nobody was told that it is there, so it comes again.
 */
export async function appendLines(path: string, lines: readonly string[]): Promise<void> {
  const file = await open(path, 'a+', 0o600);
  let isNew: boolean;
  try {
    isNew = (await dropCutLine(file)) === 0;
    await file.appendFile(lines.map((line) => `${line}\n`).join(''));
    await file.sync();
  } finally {
    await file.close();
  }
  if (isNew) await syncFolder(dirname(path));
}

/** Returns how long the file is then, in bytes. */
async function dropCutLine(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  const tail = Buffer.alloc(TAIL_BYTES);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - TAIL_BYTES);
    const { bytesRead } = await file.read(tail, 0, end - start, start);
    const lineEnd = tail.subarray(0, bytesRead).lastIndexOf(LINE_FEED);
    if (lineEnd >= 0) {
      if (start + lineEnd + 1 < size) await file.truncate(start + lineEnd + 1);
      return start + lineEnd + 1;
    }
    end = start;
  }
  if (size > 0) await file.truncate(0);
  return 0;
}
