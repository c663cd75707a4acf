import { secondManagerText } from '../change-request/change-request.ts';
import { orderAt, type Place, placeOption } from '../place.ts';
import { CliError } from '../problem.ts';
import { connect, type ServerOptions } from '../server.ts';
import { print } from '../terminal.ts';
import { type Grant, sortedGrants } from './grants.ts';
import { readPerson, rolesOf } from './person.ts';

/** With a place it is the operator's way, without an API key and a second Manager. */
export interface PersonAddOptions extends ServerOptions, Place {
  readonly role: readonly Grant[];
  readonly reason?: string;
  readonly json?: boolean;
}

/** `countersign person add`: the server mails them a link to their API key, or shows it here, once, where it has no mail. */
export async function addPerson(email: string, options: PersonAddOptions): Promise<void> {
  if (options.dataDir !== undefined || options.stack !== undefined) return addByOperator(email, options);
  const json = { email, ...sortedGrants(options.role), reason: options.reason };
  const answer = await connect(options).send('post', 'countersign/v1/people', { json });
  if (options.json) return print(JSON.stringify(answer, null, 2));
  const person = readPerson(answer);
  const { apiKey } = person;
  const key =
    apiKey === undefined
      ? `A link to their API key is on its way to them by mail; it works for 7 days (again: countersign person send-key ${email}).`
      : `Their API key, shown this once:\n\n  ${apiKey}`;
  const waits = secondManagerText(answer).join('\n');
  await print(`${email}: ${rolesOf(person)}. ${key}${waits && `\n\n${waits}`}`);
}

/** In the data folder or the stack, by whoever owns it: the instance's history and a mail to every Manager say so. */
async function addByOperator(email: string, options: PersonAddOptions): Promise<void> {
  const { instance: instanceId, json } = options;
  if (instanceId === undefined) {
    throw new CliError(`which instance? Give --instance (countersign instance list ${placeOption(options)})`);
  }
  const { roles = [], grants } = sortedGrants(options.role);
  if (grants !== undefined) throw new CliError('the operator adds people to the whole instance alone');
  const outcome = await orderAt(options, { command: 'add-person', instanceId, email, roles: [...roles] });
  if ('refused' in outcome)
    throw new CliError(`refused: ${outcome.detail ?? outcome.refused} (${outcome.refused})`);
  if (!('added' in outcome)) throw new CliError('the server sent an answer that is no person');
  if (json) return print(JSON.stringify(outcome, null, 2));
  const key =
    outcome.apiKey === undefined ? '' : `\n\nTheir API key, shown this once:\n\n  ${outcome.apiKey}`;
  await print(
    `${email} is ${outcome.roles.join(', ')}: every Manager is mailed that you did this, and the history says so.${key}`,
  );
}
