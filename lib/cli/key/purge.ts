import { CliError } from '../problem.ts';
import { connect, type ServerOptions } from '../server.ts';
import { ask, print } from '../terminal.ts';
import { keyPath } from './keys.ts';

export interface PurgeOptions extends ServerOptions {
  readonly confirm?: string;
  readonly json?: boolean;
}

/** `countersign key purge`: ends what is left of a destroyed key. Who may do this may not be able to read the key. */
export async function purgeKey(name: string, options: PurgeOptions): Promise<void> {
  const server = connect(options);
  const question = `Nobody can restore it then. Type ${name} again to purge it: `;
  const typed = options.confirm ?? (await ask(question));
  if (typed === undefined)
    throw new CliError('nobody is there to confirm it: give --confirm, or use a terminal');
  if (typed.trim() !== name) throw new CliError(`this is not ${name}; nothing was purged`);
  await server.send('delete', `${keyPath(name)}/purge`);
  await print(options.json ? JSON.stringify({ status: 'purged' }) : `${name} is purged.`);
}
