import * as z from 'zod';
import { CliError } from '../problem.ts';
import { connect, type ServerOptions } from '../server.ts';
import { print, table } from '../terminal.ts';
import { nameOf, PERSON, rolesOf } from './person.ts';

export interface PersonOptions extends ServerOptions {
  readonly json?: boolean;
}

const PEOPLE = z.object({ people: z.array(PERSON) });

/** `countersign person list`. */
export async function listPeople(options: PersonOptions): Promise<void> {
  const answer = await connect(options).get('countersign/v1/people');
  const parsed = PEOPLE.safeParse(answer);
  if (!parsed.success) throw new CliError('the server sent an answer that is no list of people');
  const { people } = parsed.data;
  const names = new Map(people.map((person) => [person.id, nameOf(person)]));
  const rows = people.map((person) => {
    const { owner, status, id } = person;
    const whose = owner === undefined ? '' : ` (service of ${names.get(owner) ?? owner})`;
    return [`${nameOf(person)}${whose}`, rolesOf(person), status, id];
  });
  const text = table(rows, ['who', 'roles', 'status', 'id']);
  await print(options.json ? JSON.stringify(people, null, 2) : text);
}
