import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import type { Pinned } from '../../domain/evidence/keys.ts';
import { CliError } from '../problem.ts';

const JWK = z.looseObject({ kty: z.literal('RSA'), n: z.string(), e: z.string() });
const KEYS = z.object({ keys: z.array(JWK).min(1) });

/**
 * The public keys of a file: what `countersign audit public-key` prints (a JWK set), one JWK, or keys in PEM.
 * @throws CliError when it holds none.
 */
export async function readPublicKeys(path: string): Promise<Pinned> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new CliError(`${path} cannot be read: ${error instanceof Error ? error.message : 'unknown'}`, 2);
  });
  const found = text.includes('-----BEGIN') ? ofPem(text) : ofJson(text);
  if (found === undefined) throw new CliError(`${path} holds no public key: a JWK set, a JWK, or PEM`, 2);
  return found;
}

function ofJson(text: string): Pinned | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const set = KEYS.safeParse(value).data?.keys ?? [JWK.parse(value)];
    return set.map(({ purpose, kty, n, e }) => ({
      ...((purpose === 'checkpoints' || purpose === 'exports') && { use: purpose }),
      jwk: { kty, n, e },
    }));
  } catch {
    return undefined;
  }
}

const PEM = /-----BEGIN PUBLIC KEY-----[\s\S]+?-----END PUBLIC KEY-----/g;

function ofPem(text: string): Pinned | undefined {
  try {
    const keys = [...text.matchAll(PEM)].map(([pem]) => createPublicKey(pem).export({ format: 'jwk' }));
    const found = keys
      .map((jwk) => ({ jwk: JWK.parse(jwk) }))
      .map(({ jwk: { kty, n, e } }) => ({ jwk: { kty, n, e } }));
    return found.length === 0 ? undefined : found;
  } catch {
    return undefined;
  }
}
