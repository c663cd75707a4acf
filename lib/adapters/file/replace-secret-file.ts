import { randomBytes } from 'node:crypto';
import { chown, link, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, syncFolder, usingFile, writeDurably } from './secret-file.ts';

/** The moments between which a replacement can be cut off; tests kill the process there. */
export type ReplacePoint = 'replace: written' | 'replace: kept the former' | 'replace: renamed';

/**
 * Replaces a file that holds a secret, whole or not at all, and then overwrites the bytes of the former one. At every
 * moment there is a file of this name, the former or the new one. What a crash leaves, `finishReplacing` ends.
 *
 * Overwritten is what the file system says that the file's blocks are: a copy-on-write file system or an SSD may keep
 * others.
 */
export async function replaceSecretFile(
  path: string,
  contents: string,
  at: (point: ReplacePoint) => void = () => {},
): Promise<void> {
  await finishReplacing(path);
  await writeDurably(nextOf(path), contents);
  await keepOwner(path, nextOf(path));
  at('replace: written');
  await link(path, formerOf(path));
  at('replace: kept the former');
  await rename(nextOf(path), path);
  await syncFolder(dirname(path));
  at('replace: renamed');
  await overwrite(formerOf(path));
}

/** Ends what a crash has cut off in `replaceSecretFile`: the file stays what it is, everything beside it goes. */
export async function finishReplacing(path: string): Promise<void> {
  // One file under two names: cut off before the rename, so that it is the one in use.
  if (await isOneFile(path, formerOf(path))) await rm(formerOf(path));
  else await overwrite(formerOf(path));
  await overwrite(nextOf(path));
}

/** A file that root replaces stays its owner's: the server runs as somebody else. */
async function keepOwner(from: string, to: string): Promise<void> {
  const [{ uid, gid }, made] = [await stat(from), await stat(to)];
  if (uid !== made.uid || gid !== made.gid) await chown(to, uid, gid);
}

const nextOf = (path: string): string => `${path}.next`;
const formerOf = (path: string): string => `${path}.former`;

async function isOneFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([a, b].map((path) => identityOf(path)));
  return one !== undefined && one === other;
}

async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function overwrite(path: string): Promise<void> {
  try {
    await usingFile(path, 'r+', async (file) => {
      const { size } = await file.stat();
      await file.write(randomBytes(size), 0, size, 0);
      await file.sync();
    });
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  await rm(path);
  await syncFolder(dirname(path));
}
