import { randomBytes, scrypt } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { PermanentError } from '../../domain/errors.ts';
import { decrypt, encrypt, fromBase64url } from '../sealer/aes-gcm.ts';
import { finishReplacing, type ReplacePoint, replaceSecretFile } from './replace-secret-file.ts';
import { codeOf, createSecretFile, readSecretFile } from './secret-file.ts';

const FILE_NAME = 'master.key';
const KEY_BYTES = 32;
const SALT_BYTES = 16;

/** OWASP's password storage cheat sheet: N = 2^17, r = 8, p = 1; 128 MiB and about half a second a guess. */
const SCRYPT = { N: 131_072, r: 8, p: 1 } as const;
const CONTEXT = 'countersign master key';

const plainFile = z.strictObject({ version: z.literal(1), key: z.string() });
const wrappedFile = z.strictObject({
  version: z.literal(1),
  scrypt: z.strictObject({ N: z.int(), r: z.int(), p: z.int(), salt: z.string() }),
  nonce: z.string(),
  wrappedKey: z.string(),
});
/** While one key takes another's place: both, one behind the other, the newest first. One key alone has version 1. */
const plainKeys = z.strictObject({ version: z.literal(2), keys: z.string() });
const wrappedKeys = z.strictObject({ ...wrappedFile.shape, version: z.literal(2) });
const masterKeyFile = z.union([plainFile, wrappedFile, plainKeys, wrappedKeys]);
type WrappedFile = z.infer<typeof wrappedFile> | z.infer<typeof wrappedKeys>;

/** The newest first: it seals. The others only open what is not sealed anew yet. */
export type MasterKeys = readonly [Uint8Array, ...Uint8Array[]];

interface Options {
  readonly passphrase?: string;
}

/**
 * Makes the master key of an installation: 32 random bytes in `<folder>/master.key`, wrapped under the
 * passphrase where there is one. Returns the key.
 *
 * @throws PermanentError when there is a master key already, or when it cannot be written.
 */
export async function createMasterKey(folder: string, { passphrase }: Options = {}): Promise<Uint8Array> {
  if (passphrase === '') throw new PermanentError('the passphrase of the master key is empty');
  const path = join(folder, FILE_NAME);
  const key = newMasterKey();
  const contents = await contentsOf([key], passphrase);
  const outcome = await createSecretFile(path, contents).catch((error: unknown) => {
    throw new PermanentError(`${path} cannot be written: ${codeOf(error)}`);
  });
  if (outcome === 'exists') throw new PermanentError(`${path} exists already and is left as it is`);
  return key;
}

export const newMasterKey = (): Uint8Array => randomBytes(KEY_BYTES);

/**
 * Reads the master keys of an installation: one, or while it is being replaced two.
 *
 * @throws PermanentError when there is none, when others can read it, when it is damaged, and when it needs
 * another passphrase, a passphrase, or none.
 */
export async function readMasterKeys(folder: string, { passphrase }: Options = {}): Promise<MasterKeys> {
  const path = join(folder, FILE_NAME);
  const text = await readSecretFile(path);
  if (text === undefined) throw new PermanentError(`there is no ${path}`);
  const file = parsed(text, path);
  if (!('scrypt' in file)) {
    if (passphrase !== undefined)
      throw new PermanentError(`${path} is not protected by a passphrase, but one was given`);
    return checked(fromBase64url(file.version === 1 ? file.key : file.keys), file.version, path);
  }
  if (passphrase === undefined)
    throw new PermanentError(`${path} is protected by a passphrase, and none was given`);
  return unwrapped(file, passphrase, path);
}

/**
 * Puts these master keys in the place of those that are there, whole or not at all, and overwrites the former file.
 *
 * @throws PermanentError when it cannot be written; the file is then one of the two.
 */
export async function replaceMasterKeys(
  folder: string,
  keys: MasterKeys,
  { passphrase, at }: Options & { readonly at?: (point: ReplacePoint) => void } = {},
): Promise<void> {
  if (passphrase === '') throw new PermanentError('the passphrase of the master key is empty');
  const path = join(folder, FILE_NAME);
  await replaceSecretFile(path, await contentsOf(keys, passphrase), at).catch((error: unknown) => {
    throw new PermanentError(`${path} cannot be written: ${codeOf(error)}`);
  });
}

/** Ends a replacement that a crash has cut off: a former file that is left is overwritten. */
export const finishMasterKeyFile = (folder: string): Promise<void> =>
  finishReplacing(join(folder, FILE_NAME));

async function contentsOf(keys: MasterKeys, passphrase: string | undefined): Promise<string> {
  const all = Buffer.concat(keys);
  const version = keys.length === 1 ? 1 : 2;
  const encoded = all.toString('base64url');
  const plain = version === 1 ? { version, key: encoded } : { version, keys: encoded };
  const file = passphrase === undefined ? plain : { version, ...(await wrapped(all, version, passphrase)) };
  return `${JSON.stringify(file)}\n`;
}

type Version = WrappedFile['version'];

/** What was wrapped as one key cannot be passed off as several. */
const contextOf = (version: Version): string => (version === 1 ? CONTEXT : `${CONTEXT}s`);

async function wrapped(
  keys: Uint8Array,
  version: Version,
  passphrase: string,
): Promise<Omit<WrappedFile, 'version'>> {
  const parameters = { ...SCRYPT, salt: randomBytes(SALT_BYTES).toString('base64url') };
  const [nonce, wrappedKey] = encrypt(await stretched(passphrase, parameters), keys, contextOf(version));
  return { scrypt: parameters, nonce, wrappedKey };
}

async function unwrapped(file: WrappedFile, passphrase: string, path: string): Promise<MasterKeys> {
  const wrappingKey = await stretched(passphrase, file.scrypt).catch(() => {
    throw damaged(path);
  });
  const keys = decrypt(wrappingKey, [file.nonce, file.wrappedKey], contextOf(file.version));
  if (keys === undefined) throw new PermanentError(`the passphrase does not open ${path}`);
  return checked(keys, file.version, path);
}

/** NFC (RFC 8265, OpaqueString): the same passphrase typed on another system gives the same key. */
const stretched = (passphrase: string, { N, r, p, salt }: WrappedFile['scrypt']): Promise<Buffer> =>
  scryptAsync(passphrase.normalize('NFC'), Buffer.from(salt, 'base64url'), KEY_BYTES, {
    N,
    r,
    p,
    // What scrypt needs (128 N r bytes), doubled: at the very limit OpenSSL refuses.
    maxmem: 256 * N * r,
  });

const scryptAsync = promisify<
  string,
  Buffer,
  number,
  { N: number; r: number; p: number; maxmem: number },
  Buffer
>(scrypt);

function parsed(text: string, path: string): z.infer<typeof masterKeyFile> {
  try {
    return masterKeyFile.parse(JSON.parse(text));
  } catch {
    throw damaged(path);
  }
}

function checked(bytes: Uint8Array | undefined, version: Version, path: string): MasterKeys {
  const count = (bytes?.length ?? 0) / KEY_BYTES;
  if (bytes === undefined || (version === 1 ? count !== 1 : count !== 2)) throw damaged(path);
  const [newest, ...older] = Array.from({ length: count }, (_, i) =>
    bytes.slice(i * KEY_BYTES, (i + 1) * KEY_BYTES),
  );
  if (newest === undefined) throw damaged(path);
  return [newest, ...older];
}

const damaged = (path: string): PermanentError =>
  new PermanentError(`${path} is damaged; restore it from a backup`);
