import { randomBytes, randomInt } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PermanentError } from '../../domain/errors.ts';
import type { Resealer, Sealer } from '../../ports/sealer.ts';
import {
  codeOf,
  createPrivateFolder,
  createSecretFile,
  overwriteSecretFile,
  readSecretFile,
  removeSecretFile,
} from './secret-file.ts';

/*
 * Access keys of the Step Functions API: a file each in `<folder>/access-keys/`, named by the key's id, with the secret
 * sealed, since a signature is verified with the secret itself. A file each, so that keys come and go while a server
 * runs, without a lock.
 */

const FOLDER = 'access-keys';
/** In the form of AWS's ids, which are 20 letters and digits of base32, but not with AWS's prefix. */
const ID = /^CSAK[A-Z2-7]{16}$/;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const ID_LENGTH = 16;
/** 240 bits, 40 characters of base64url: as long as AWS's. */
const SECRET_BYTES = 30;

export interface AccessKey {
  readonly id: string;
  readonly secret: string;
}

/**
 * Makes an access key. Its secret is not shown again.
 * @throws PermanentError when it cannot be written.
 */
export async function createAccessKey(folder: string, sealer: Sealer): Promise<AccessKey> {
  const id = `CSAK${Array.from({ length: ID_LENGTH }, () => BASE32.charAt(randomInt(BASE32.length))).join('')}`;
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  const sealed = await sealer.seal(Buffer.from(secret), contextOf(id));
  try {
    await createPrivateFolder(join(folder, FOLDER));
    await createSecretFile(join(folder, FOLDER, id), `${sealed}\n`);
  } catch (error) {
    throw new PermanentError(`${join(folder, FOLDER)} cannot be written: ${codeOf(error)}`);
  }
  return { id, secret };
}

/**
 * The ids of the access keys, the oldest first, with when they were made.
 * @throws PermanentError when the folder cannot be read.
 */
export async function listAccessKeys(
  folder: string,
): Promise<readonly { readonly id: string; readonly createdAt: Date }[]> {
  const path = join(folder, FOLDER);
  const names = await readdir(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw new PermanentError(`${path} cannot be read: ${codeOf(error)}`);
  });
  const ids = names.filter((name) => ID.test(name));
  const keys = await Promise.all(
    ids.map(async (id) => ({ id, createdAt: (await stat(join(path, id))).mtime })),
  );
  return keys.sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
}

/**
 * Takes an access key away. A server that runs refuses it from now on.
 * @throws PermanentError when it cannot be removed.
 */
export async function removeAccessKey(folder: string, id: string): Promise<'removed' | 'missing'> {
  if (!ID.test(id)) return 'missing';
  const path = join(folder, FOLDER, id);
  return removeSecretFile(path).catch((error: unknown) => {
    throw new PermanentError(`${path} cannot be removed: ${codeOf(error)}`);
  });
}

/**
 * The secret of an access key, read anew each time; undefined when there is no such key.
 * @throws PermanentError when its file is damaged, can be read by others, or was sealed under another master key.
 */
export async function secretOfAccessKey(
  folder: string,
  id: string,
  sealer: Sealer,
): Promise<string | undefined> {
  // An id from a request: it must not lead out of the folder.
  if (!ID.test(id)) return undefined;
  const sealed = await readSecretFile(join(folder, FOLDER, id));
  if (sealed === undefined) return undefined;
  return Buffer.from(await sealer.unseal(sealed.trim(), contextOf(id))).toString();
}

/** A secret that is copied to another id's file is none. */
const contextOf = (id: string): string => `access key ${id}`;

/**
 * Seals every access key's secret anew that is not sealed under the newest master key. Written over the old one, which
 * is as long: a key that is removed meanwhile is not there again, and the old bytes are gone.
 * @returns how many it were.
 * @throws PermanentError when one cannot be unsealed, read or written.
 */
export async function resealAccessKeys(folder: string, resealer: Resealer): Promise<number> {
  let changed = 0;
  for (const { id } of await listAccessKeys(folder)) {
    const path = join(folder, FOLDER, id);
    const sealed = (await readSecretFile(path))?.trim();
    if (sealed === undefined || resealer.isNewest(sealed)) continue;
    const anew = resealer.sealNow(resealer.unsealNow(sealed, contextOf(id)), contextOf(id));
    await overwriteSecretFile(path, `${anew}\n`).catch((error: unknown) => {
      throw new PermanentError(`${path} cannot be written: ${codeOf(error)}`);
    });
    changed += 1;
  }
  return changed;
}

/** How many access keys there are whose sealed text is to be counted. */
export async function countAccessKeys(
  folder: string,
  isCounted: (sealed: string) => boolean,
): Promise<number> {
  const keys = await listAccessKeys(folder);
  const sealed = await Promise.all(keys.map(({ id }) => readSecretFile(join(folder, FOLDER, id))));
  return sealed.filter((text) => text !== undefined && isCounted(text)).length;
}
