import { connect } from '../server.ts';
import { print } from '../terminal.ts';
import { ownPath } from './keys.ts';
import type { KeyOptions } from './show.ts';

/** `countersign key abandon-deletion`: destroys nothing, and says what the provider last said. */
export async function abandonDeletion(name: string, options: KeyOptions): Promise<void> {
  const server = connect(options);
  await server.send('post', `${ownPath(name)}/authorization/abandon`);
  const authorization = await server.get(`${ownPath(name)}/authorization`);
  if (options.json) return print(JSON.stringify(authorization, null, 2));
  await print(
    `The deletion is given up. Look where the key lives what became of it there: countersign key show ${name}`,
  );
}
