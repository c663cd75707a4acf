import { connect, type ServerOptions } from '../server.ts';
import { print } from '../terminal.ts';
import { authorizationFacts, authorizationOf } from './authorization.ts';
import { keyFacts, keyOf, keyPath, ownPath } from './keys.ts';

export interface KeyOptions extends ServerOptions {
  readonly json?: boolean;
}

/** `countersign key show`: the key, and the newest authorization of its deletion. */
export async function showKey(name: string, options: KeyOptions): Promise<void> {
  const server = connect(options);
  const key = keyOf(await server.get(`${keyPath(name)}/metadata`));
  const answer = await server.find(`${ownPath(key.id)}/authorization`);
  if (options.json) return print(JSON.stringify({ key, authorization: answer ?? null }, null, 2));
  const authorization = answer === undefined ? [] : [authorizationFacts(authorizationOf(answer))];
  await print([keyFacts(key), ...authorization].join('\n\n'));
}
