import { readOutcome, secondManagerText } from '../change-request/change-request.ts';
import { connect, type ServerOptions } from '../server.ts';
import { print } from '../terminal.ts';
import { readPolicies } from './policies.ts';
import { INSTANCE_PATH, instanceText, readInstance } from './settings.ts';

export interface ShowOptions extends ServerOptions {
  readonly json?: boolean;
}

/**
 * `countersign instance show`.
 * @param changed what was answered to a change that was made, or asked for, before.
 */
export async function showInstance(options: ShowOptions, changed?: unknown): Promise<void> {
  const server = connect(options);
  const instance = readInstance(await server.get(INSTANCE_PATH));
  const policies = await readPolicies(server);
  if (options.json) {
    const { changeRequest, exempt } = readOutcome(changed);
    return print(JSON.stringify({ ...instance, policies, changeRequest, exempt }, null, 2));
  }
  const waits = secondManagerText(changed);
  await print([instanceText(instance, policies), ...(waits.length > 0 ? ['', ...waits] : [])].join('\n'));
}
