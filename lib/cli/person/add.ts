import * as z from 'zod';
import type { Role } from '../../domain/person.ts';
import { CliError } from '../problem.ts';
import { connect, type ServerOptions } from '../server.ts';
import { print } from '../terminal.ts';

export interface PersonAddOptions extends ServerOptions {
  readonly role: readonly Role[];
  readonly json?: boolean;
}

const ADDED = z.looseObject({ email: z.string(), roles: z.array(z.string()), apiKey: z.string() });

/** `countersign person add`: shows the new API key, once. */
export async function addPerson(email: string, options: PersonAddOptions): Promise<void> {
  const json = { email, roles: options.role };
  const answer = await connect(options).send('post', 'countersign/v1/people', { json });
  if (options.json) return print(JSON.stringify(answer, null, 2));
  const parsed = ADDED.safeParse(answer);
  if (!parsed.success) throw new CliError('the server sent an answer that is no person');
  const { roles, apiKey } = parsed.data;
  await print(`${email} is ${roles.join(', ')}. Their API key, shown this once:\n\n  ${apiKey}`);
}
