import * as z from 'zod';
import { connect, type Server, type ServerOptions } from '../server.ts';
import { print, table } from '../terminal.ts';
import { deletionOf, keysOf, type ShownKey, stateOf } from './keys.ts';

export interface ListOptions extends ServerOptions {
  readonly all?: boolean;
  readonly json?: boolean;
  readonly search?: string;
  readonly filter?: string;
  readonly sort?: string;
  readonly keyRing?: string;
}

/** The most that one answer holds: each page costs the server reading those before it. */
const PAGE = 5_000;
/** Key Protect's numbers; destroyed keys are listed only when they are asked for. */
const ALL_STATES = '1,2,3,5';

interface Listed {
  readonly keys: readonly ShownKey[];
  /** There were too many keys to search them. */
  readonly incomplete: boolean;
}

/** `countersign key list`. */
export async function listKeys(options: ListOptions): Promise<void> {
  const { keys, incomplete } = await everyPage(connect(options), options);
  if (options.json) return print(JSON.stringify(keys, null, 2));
  await print(asText(keys));
  if (incomplete) {
    await print(
      'There are too many keys to search: this is the one that is named so. Narrow it by --filter.',
    );
  }
}

async function everyPage(server: Server, options: ListOptions): Promise<Listed> {
  const { all, search, filter, sort, keyRing } = options;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ state: all ? ALL_STATES : undefined, search, filter, sort })) {
    if (value !== undefined) query.set(name, value);
  }
  const keys: ShownKey[] = [];
  for (;;) {
    const page = `limit=${PAGE}&offset=${keys.length}&${query.toString()}`;
    const answer = await server.get(`api/v2/keys?${page}`, { headers: { 'x-kms-key-ring': keyRing } });
    const found = keysOf(answer);
    keys.push(...found);
    if (found.length < PAGE) return { keys, incomplete: isIncomplete(answer) };
  }
}

const isIncomplete = (answer: unknown): boolean =>
  z.object({ metadata: z.object({ incompleteSearch: z.literal(true) }) }).safeParse(answer).success;

function asText(keys: readonly ShownKey[]): string {
  if (keys.length === 0) return 'There are no keys.';
  const rows = keys.map((key) => [key.id, key.name, key.aliases.join(', '), stateOf(key), deletionOf(key)]);
  return table(rows, ['id', 'name', 'aliases', 'state', 'deletion']);
}
