import { randomUUID } from 'node:crypto';
import { type FileHandle, link, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PermanentError } from '../../domain/errors.ts';

/**
 * Writes a file that only its owner can read, whole or not at all: under a temporary name first, then durable,
 * then under its own. `exists` when there is one already, which is left as it is. A link and not a rename: of two
 * writers at once exactly one wins. A crash in between leaves a temporary file that nobody reads, mode 0600.
 */
export async function createSecretFile(
  path: string,
  contents: string | Uint8Array,
): Promise<'created' | 'exists'> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeDurably(temporary, contents);
    const outcome = await linkNew(temporary, path);
    await syncFolder(dirname(path));
    return outcome;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Makes a folder that only its owner can enter. One that is there already stays as it is. */
export async function createPrivateFolder(path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode: 0o700 });
  if (made !== undefined) await syncFolder(dirname(path));
}

/**
 * Reads a file that holds a secret, or undefined when there is none.
 *
 * @throws PermanentError when it cannot be read, or when others than its owner could read it too.
 */
export async function readSecretFile(path: string): Promise<string | undefined> {
  try {
    return await usingFile(path, 'r', async (file) => {
      const { mode } = await file.stat();
      if ((mode & 0o077) !== 0)
        throw new PermanentError(`${path} can be read by others than its owner; run: chmod 600 ${path}`);
      return await file.readFile('utf8');
    });
  } catch (error) {
    if (error instanceof PermanentError) throw error;
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new PermanentError(`${path} cannot be read: ${codeOf(error)}`);
  }
}

/** Writes over a file that holds a secret with contents as long as the former; one that is gone stays so. */
export async function overwriteSecretFile(path: string, contents: string): Promise<void> {
  try {
    await usingFile(path, 'r+', async (file) => {
      await file.write(contents, 0);
      await file.sync();
    });
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

/** Removes a file that holds a secret, durably: it is not there again after a power cut. */
export async function removeSecretFile(path: string): Promise<'removed' | 'missing'> {
  try {
    await rm(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'missing';
    throw error;
  }
  await syncFolder(dirname(path));
  return 'removed';
}

/** The system's name of an error (`ENOSPC`, `EACCES`). Its text is left out: it may hold what was written. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error';

/** Writes a new file and makes its contents durable; its name is durable when its folder is. */
export const writeDurably = (path: string, contents: string | Uint8Array): Promise<void> =>
  usingFile(path, 'wx', async (file) => {
    await file.writeFile(contents);
    await file.sync();
  });

async function linkNew(existing: string, path: string): Promise<'created' | 'exists'> {
  try {
    await link(existing, path);
    return 'created';
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return 'exists';
    throw error;
  }
}

/** A new name is durable when its folder is. */
export const syncFolder = (folder: string): Promise<void> => usingFile(folder, 'r', (file) => file.sync());

export async function usingFile<T>(
  path: string,
  flags: string,
  use: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const file = await open(path, flags, 0o600);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
