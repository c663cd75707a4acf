import type { Hono } from 'hono';
import { readSecretFile } from '../adapters/file/secret-file.ts';
import { PermanentError } from '../domain/errors.ts';
import { metricsApp as appOf } from '../http/metrics.ts';

/** Short ones can be guessed. */
const SHORTEST_TOKEN = 16;

/**
 * The app that answers the metrics, to whoever has the token that is in the file, where there is one.
 * @throws PermanentError when the file cannot be used.
 */
export async function metricsApp(
  tokenFile: string | undefined,
): Promise<(read: () => Promise<string>) => Hono> {
  if (tokenFile === undefined) return (read) => appOf({ read });
  const token = (await readSecretFile(tokenFile))?.trim();
  if (token === undefined) throw new PermanentError(`there is no ${tokenFile}`);
  if (token.length < SHORTEST_TOKEN || /\s/.test(token)) {
    throw new PermanentError(`${tokenFile} must hold one token of at least ${SHORTEST_TOKEN} characters`);
  }
  return (read) => appOf({ read, token });
}
