import { orderAt, type Place } from '../place.ts';
import { CliError } from '../problem.ts';
import { print, table } from '../terminal.ts';

export interface ListOptions extends Place {
  readonly json?: boolean;
}

/** `countersign instance list`. */
export async function listInstances({ json, ...place }: ListOptions): Promise<void> {
  const outcome = await orderAt(place, { command: 'list' });
  if (!('instances' in outcome)) throw new CliError('the server sent an answer that is no list of instances');
  const instances = outcome.instances.map(({ createdAt, ...instance }) => ({
    ...instance,
    createdAt: new Date(createdAt).toISOString(),
  }));
  if (json) return print(JSON.stringify(instances, null, 2));
  const rows = instances.map(({ id, name, createdAt, dualAuthorization, trial }) => [
    id,
    name,
    createdAt.slice(0, 10),
    dualAuthorization ? 'on' : 'off',
    trial ? 'trial' : '',
  ]);
  await print(table(rows, ['id', 'name', 'created', 'dual authorization', '']));
}
