import { secondManagerText } from '../change-request/change-request.ts';
import { type Grant, sortedGrants } from '../person/grants.ts';
import type { PersonOptions } from '../person/list.ts';
import { readPerson, rolesOf } from '../person/person.ts';
import { connect } from '../server.ts';
import { print } from '../terminal.ts';

export interface ServiceAddOptions extends PersonOptions {
  readonly owner: string;
  readonly role: readonly Grant[];
  readonly reason?: string;
}

/** `countersign service add`: its API key is its owner's to make, and shown here only to them. */
export async function addService(name: string, options: ServiceAddOptions): Promise<void> {
  const json = {
    kind: 'service',
    name,
    owner: options.owner,
    ...sortedGrants(options.role),
    reason: options.reason,
  };
  const answer = await connect(options).send('post', 'countersign/v1/people', { json });
  if (options.json) return print(JSON.stringify(answer, null, 2));
  const service = readPerson(answer);
  const key =
    service.apiKey === undefined
      ? `${options.owner} makes its API key: countersign person key create --of "${name}"`
      : `Its API key, shown this once:\n\n  ${service.apiKey}`;
  const text = `The service ${name} of ${options.owner}: ${rolesOf(service)}. ${key}`;
  await print([text, ...secondManagerText(answer)].join('\n'));
}
