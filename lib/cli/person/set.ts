import { secondManagerText } from '../change-request/change-request.ts';
import { CliError } from '../problem.ts';
import { connect } from '../server.ts';
import { print } from '../terminal.ts';
import type { Grant } from './grants.ts';
import type { PersonOptions } from './list.ts';
import { nameOf, personPath, readPerson, rolesOf } from './person.ts';

export interface PersonSetOptions extends PersonOptions {
  readonly addRole?: readonly Grant[];
  readonly removeRole?: readonly Grant[];
  readonly freeze?: boolean;
  readonly unfreeze?: boolean;
  readonly email?: string;
  readonly reason?: string;
}

/** `countersign person set`: one change, done whole or not at all. */
export async function setPerson(emailOrId: string, options: PersonSetOptions): Promise<void> {
  const { addRole, removeRole, freeze, unfreeze, email } = options;
  if (freeze && unfreeze) throw new CliError('either --freeze or --unfreeze');
  const json = {
    ...(addRole && { grant: addRole }),
    ...(removeRole && { revoke: removeRole }),
    ...(freeze && { status: 'frozen' }),
    ...(unfreeze && { status: 'active' }),
    ...(email !== undefined && { email }),
  };
  if (Object.keys(json).length === 0) {
    throw new CliError('what is to change? Give --add-role, --remove-role, --freeze, --unfreeze or --email');
  }
  const reason = options.reason === undefined ? {} : { reason: options.reason };
  const answer = await connect(options).send('patch', personPath(emailOrId), {
    json: { ...json, ...reason },
  });
  if (options.json) return print(JSON.stringify(answer, null, 2));
  const person = readPerson(answer);
  const text = `${nameOf(person)} is ${person.status}: ${rolesOf(person)}.`;
  await print([text, ...secondManagerText(answer)].join('\n'));
}
