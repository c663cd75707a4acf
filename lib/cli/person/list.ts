import * as z from 'zod';
import { CliError } from '../problem.ts';
import { connect, type ServerOptions } from '../server.ts';
import { print, table } from '../terminal.ts';

export interface PersonOptions extends ServerOptions {
  readonly json?: boolean;
}

const PEOPLE = z.object({
  people: z.array(
    z.looseObject({ id: z.string(), email: z.string(), status: z.string(), roles: z.array(z.string()) }),
  ),
});

/** `countersign person list`. */
export async function listPeople(options: PersonOptions): Promise<void> {
  const answer = await connect(options).get('countersign/v1/people');
  const parsed = PEOPLE.safeParse(answer);
  if (!parsed.success) throw new CliError('the server sent an answer that is no list of people');
  const { people } = parsed.data;
  const rows = people.map(({ email, roles, status, id }) => [email, roles.join(', '), status, id]);
  const text = table(rows, ['email', 'roles', 'status', 'id']);
  await print(options.json ? JSON.stringify(people, null, 2) : text);
}
