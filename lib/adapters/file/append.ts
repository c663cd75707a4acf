import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, syncFolder, usingFile } from './secret-file.ts';

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

/** Whether a file, where there is one with anything in it, ends in the middle of a line. */
export async function hasCutLine(path: string): Promise<boolean> {
  try {
    return await usingFile(path, 'r', async (file) => {
      const { size } = await file.stat();
      const { bytesRead, buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
      return bytesRead === 1 && buffer[0] !== LINE_FEED;
    });
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
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
