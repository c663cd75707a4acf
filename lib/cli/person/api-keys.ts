import * as z from 'zod';
import { CliError } from '../problem.ts';
import { connect } from '../server.ts';
import { print, table } from '../terminal.ts';
import type { PersonOptions } from './list.ts';
import { personPath } from './person.ts';

const API_KEY = z.looseObject({ id: z.string(), createdAt: z.string(), lastFour: z.string().optional() });
const API_KEYS = z.object({ apiKeys: z.array(API_KEY) });
const CREATED = API_KEY.extend({ apiKey: z.string() });

function read<T>(schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer);
  if (!parsed.success) throw new CliError('the server sent an answer that is no API key');
  return parsed.data;
}

/** `countersign person key create`: shows the new API key, once. */
export async function createKey(person: string, options: PersonOptions): Promise<void> {
  const answer = await connect(options).send('post', `${personPath(person)}/api-keys`);
  if (options.json) return print(JSON.stringify(answer, null, 2));
  const { id, apiKey } = read(CREATED, answer);
  await print(`API key ${id}, shown this once:\n\n  ${apiKey}`);
}

/** `countersign person key list`. */
export async function listKeys(person: string, options: PersonOptions): Promise<void> {
  const { apiKeys } = read(API_KEYS, await connect(options).get(`${personPath(person)}/api-keys`));
  const rows = apiKeys.map(({ id, lastFour = '', createdAt }) => [id, `…${lastFour}`, createdAt]);
  await print(options.json ? JSON.stringify(apiKeys, null, 2) : table(rows, ['id', 'ends in', 'created']));
}

/** `countersign person key revoke`. */
export async function revokeKey(id: string, person: string, options: PersonOptions): Promise<void> {
  await connect(options).send('delete', `${personPath(person)}/api-keys/${encodeURIComponent(id)}`);
  await print(options.json ? JSON.stringify({ revoked: id }) : `API key ${id} opens nothing any more.`);
}
