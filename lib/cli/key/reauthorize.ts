import { connect } from '../server.ts';
import { print } from '../terminal.ts';
import { authorizationFacts, authorizationOf } from './authorization.ts';
import { ownPath } from './keys.ts';
import type { KeyOptions } from './show.ts';

/** `countersign key reauthorize`: asks again for the round that this command has seen lapse or drift. */
export async function reauthorizeDeletion(name: string, options: KeyOptions): Promise<void> {
  const server = connect(options);
  const path = `${ownPath(name)}/authorization`;
  const { round, emails } = authorizationOf(await server.get(path));
  const answer = await server.send('post', `${path}/reauthorize`, { json: { round } });
  if (options.json) return print(JSON.stringify(answer, null, 2));
  await print(authorizationFacts({ ...authorizationOf(answer), emails }));
}
