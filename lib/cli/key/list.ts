import { connect, type ServerOptions } from '../server.ts';
import { print, table } from '../terminal.ts';
import { deletionOf, keysOf, type ShownKey, stateOf } from './keys.ts';

export interface ListOptions extends ServerOptions {
  readonly all?: boolean;
  readonly json?: boolean;
}

const PAGE = 1_000;
/** Key Protect's numbers; destroyed keys are listed only when they are asked for. */
const ALL_STATES = '&state=1,2,3,5';

/** `countersign key list`. */
export async function listKeys(options: ListOptions): Promise<void> {
  const server = connect(options);
  const keys: ShownKey[] = [];
  for (let page: readonly ShownKey[], more = true; more; more = page.length === PAGE) {
    const query = `limit=${PAGE}&offset=${keys.length}${options.all ? ALL_STATES : ''}`;
    page = keysOf(await server.get(`api/v2/keys?${query}`));
    keys.push(...page);
  }
  await print(options.json ? JSON.stringify(keys, null, 2) : asText(keys));
}

function asText(keys: readonly ShownKey[]): string {
  if (keys.length === 0) return 'There are no keys.';
  const rows = keys.map((key) => [key.id, key.name, key.aliases.join(', '), stateOf(key), deletionOf(key)]);
  return table(rows, ['id', 'name', 'aliases', 'state', 'deletion']);
}
