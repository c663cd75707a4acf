import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import * as z from 'zod';
import { PermanentError } from '../../domain/errors.ts';

const NAME = /^[a-z][a-z0-9-]{0,39}$/;

const url = z
  .url()
  .refine(isSafe, 'must begin with https://, or be on this machine, and have no user and password')
  .transform((text) => text.replace(/\/+$/, ''));

const REMOTE = z.strictObject({
  name: z
    .string()
    .regex(NAME, 'must be lower-case letters, digits and hyphens, at most 40')
    .refine((name) => name !== 'aws-kms', 'must not be aws-kms'),
  /** Where its API is: `https://eu-de.kms.cloud.ibm.com`. */
  url,
  /** Where API keys are exchanged for tokens: `https://iam.cloud.ibm.com/identity/token`. */
  tokenUrl: url,
  /** The id of the instance. */
  instance: z.uuid(),
  /** A file with an API key and nothing else; relative to the configuration. */
  apiKeyFile: z.string().min(1),
  /** Another service's API key, where keys there need two people as well. */
  secondApiKeyFile: z.string().min(1).optional(),
});

const CONFIGURATION = z.union([REMOTE.transform((one) => [one]), z.array(REMOTE).min(1)]);

/** A remote Key Protect with its credentials. */
export interface RemoteKeyProtect {
  readonly name: string;
  readonly url: string;
  readonly tokenUrl: string;
  readonly instance: string;
  readonly apiKey: string;
  readonly secondApiKey?: string;
}

function isSafe(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  const isHere = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
  return (protocol === 'https:' || (protocol === 'http:' && isHere)) && username === '' && password === '';
}

/**
 * The remotes of a configuration file: one, or a list of them. API keys are in files of their own, never in it.
 * @throws PermanentError that names the file and what it must be; never what a key file holds.
 */
export async function readRemotes(path: string): Promise<readonly RemoteKeyProtect[]> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new PermanentError(`${path} cannot be read`);
  });
  const parsed = CONFIGURATION.safeParse(parse(text, path));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new PermanentError(`${path} cannot be used: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const remotes = await Promise.all(parsed.data.map((one) => withKeys(one, dirname(resolve(path)))));
  const names = remotes.map(({ name }) => name);
  if (new Set(names).size < names.length) throw new PermanentError(`${path} names two remotes alike`);
  return remotes;
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new PermanentError(`${path} is no JSON`);
  }
}

async function withKeys(
  { apiKeyFile, secondApiKeyFile, ...remote }: z.infer<typeof REMOTE>,
  folder: string,
): Promise<RemoteKeyProtect> {
  const apiKey = await readKey(resolve(folder, apiKeyFile));
  if (secondApiKeyFile === undefined) return { ...remote, apiKey };
  return { ...remote, apiKey, secondApiKey: await readKey(resolve(folder, secondApiKeyFile)) };
}

/** As a master key: for its owner alone. What stands in it is a header's value later. */
async function readKey(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new PermanentError(`the API key file ${path} is not there`);
  if ((found.mode & 0o077) !== 0) {
    throw new PermanentError(`the API key file ${path} can be read by others: chmod 600 ${path}`);
  }
  const key = (await readFile(path, 'utf8')).trim();
  if (!/^[!-~]{8,512}$/.test(key)) throw new PermanentError(`the file ${path} holds no API key`);
  return key;
}
