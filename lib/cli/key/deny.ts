import { connect, type ServerOptions } from '../server.ts';
import { print } from '../terminal.ts';
import { authorizationOf } from './authorization.ts';
import { ownPath } from './keys.ts';

export interface DenyOptions extends ServerOptions {
  readonly note?: string;
  readonly unexpected?: boolean;
  readonly json?: boolean;
}

/** `countersign key deny`: any one Manager stops a deletion. */
export async function denyDeletion(name: string, options: DenyOptions): Promise<void> {
  const server = connect(options);
  const path = `${ownPath(name)}/authorization`;
  const { round, manifest } = authorizationOf(await server.get(path));
  await server.send('post', `${path}/deny`, {
    json: { round, note: options.note, unexpected: options.unexpected },
  });
  const stopped = ' Everything else that the same person asked for is stopped.';
  const text = `The deletion of ${manifest.name} is denied; the key stays as it is.${options.unexpected ? stopped : ''}`;
  await print(options.json ? JSON.stringify({ status: 'denied', round }) : text);
}
