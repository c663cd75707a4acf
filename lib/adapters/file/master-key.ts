import { randomBytes, scrypt } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { PermanentError } from '../../domain/errors.ts';
import { decrypt, encrypt, fromBase64url } from '../sealer/aes-gcm.ts';
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
const masterKeyFile = z.union([plainFile, wrappedFile]);
type WrappedFile = z.infer<typeof wrappedFile>;

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
  const key = randomBytes(KEY_BYTES);
  const contents =
    passphrase === undefined
      ? { version: 1, key: key.toString('base64url') }
      : await wrapped(key, passphrase);
  const outcome = await createSecretFile(path, `${JSON.stringify(contents)}\n`).catch((error: unknown) => {
    throw new PermanentError(`${path} cannot be written: ${codeOf(error)}`);
  });
  if (outcome === 'exists') throw new PermanentError(`${path} exists already and is left as it is`);
  return key;
}

/**
 * Reads the master key of an installation.
 *
 * @throws PermanentError when there is none, when others can read it, when it is damaged, and when it needs
 * another passphrase, a passphrase, or none.
 */
export async function readMasterKey(folder: string, { passphrase }: Options = {}): Promise<Uint8Array> {
  const path = join(folder, FILE_NAME);
  const text = await readSecretFile(path);
  if (text === undefined) throw new PermanentError(`there is no ${path}`);
  const file = parsed(text, path);
  if ('key' in file) {
    if (passphrase !== undefined)
      throw new PermanentError(`${path} is not protected by a passphrase, but one was given`);
    return checked(fromBase64url(file.key), path);
  }
  if (passphrase === undefined)
    throw new PermanentError(`${path} is protected by a passphrase, and none was given`);
  return unwrapped(file, passphrase, path);
}

async function wrapped(key: Uint8Array, passphrase: string): Promise<WrappedFile> {
  const parameters = { ...SCRYPT, salt: randomBytes(SALT_BYTES).toString('base64url') };
  const [nonce, wrappedKey] = encrypt(await stretched(passphrase, parameters), key, CONTEXT);
  return { version: 1, scrypt: parameters, nonce, wrappedKey };
}

async function unwrapped(file: WrappedFile, passphrase: string, path: string): Promise<Uint8Array> {
  const wrappingKey = await stretched(passphrase, file.scrypt).catch(() => {
    throw damaged(path);
  });
  const key = decrypt(wrappingKey, [file.nonce, file.wrappedKey], CONTEXT);
  if (key === undefined) throw new PermanentError(`the passphrase does not open ${path}`);
  return checked(key, path);
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

function checked(key: Uint8Array | undefined, path: string): Uint8Array {
  if (key?.length !== KEY_BYTES) throw damaged(path);
  return key;
}

const damaged = (path: string): PermanentError =>
  new PermanentError(`${path} is damaged; restore it from a backup`);
