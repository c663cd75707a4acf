import { randomBytes } from 'node:crypto';
import type { Person } from '../domain/person.ts';
import type { EpochMillis } from '../domain/time.ts';
import { sha256 } from './caller.ts';
import type { Credential } from './records/credential.ts';

/** An API key of 256 random bits, and what is kept of it. */
export function newApiKey(
  { id: personId, instanceId }: Pick<Person, 'id' | 'instanceId'>,
  now: EpochMillis,
): { readonly apiKey: string; readonly credential: Credential } {
  const apiKey = `cs_${randomBytes(32).toString('base64url')}`;
  return {
    apiKey,
    credential: { hash: sha256(apiKey), personId, instanceId, createdAt: now, lastFour: apiKey.slice(-4) },
  };
}
