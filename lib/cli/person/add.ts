import { connect, type ServerOptions } from '../server.ts';
import { print } from '../terminal.ts';
import { type Grant, sortedGrants } from './grants.ts';
import { readPerson, rolesOf } from './person.ts';

export interface PersonAddOptions extends ServerOptions {
  readonly role: readonly Grant[];
  readonly json?: boolean;
}

/** `countersign person add`: the server mails them a link to their API key, or shows it here, once, where it has no mail. */
export async function addPerson(email: string, options: PersonAddOptions): Promise<void> {
  const json = { email, ...sortedGrants(options.role) };
  const answer = await connect(options).send('post', 'countersign/v1/people', { json });
  if (options.json) return print(JSON.stringify(answer, null, 2));
  const person = readPerson(answer);
  const { apiKey } = person;
  const key =
    apiKey === undefined
      ? `A link to their API key is on its way to them by mail; it works for 7 days (again: countersign person send-key ${email}).`
      : `Their API key, shown this once:\n\n  ${apiKey}`;
  await print(`${email} is ${rolesOf(person)}. ${key}`);
}
