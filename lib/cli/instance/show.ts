import { connect, type ServerOptions } from '../server.ts';
import { print } from '../terminal.ts';
import { readPolicies } from './policies.ts';
import { INSTANCE_PATH, instanceText, readInstance } from './settings.ts';

export interface ShowOptions extends ServerOptions {
  readonly json?: boolean;
}

/** `countersign instance show`. */
export async function showInstance(options: ShowOptions): Promise<void> {
  const server = connect(options);
  const instance = readInstance(await server.get(INSTANCE_PATH));
  const policies = await readPolicies(server);
  await print(
    options.json ? JSON.stringify({ ...instance, policies }, null, 2) : instanceText(instance, policies),
  );
}
