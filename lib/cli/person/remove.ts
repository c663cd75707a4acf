import { connect } from '../server.ts';
import { print } from '../terminal.ts';
import type { PersonOptions } from './list.ts';

/** `countersign person remove`. */
export async function removePerson(emailOrId: string, options: PersonOptions): Promise<void> {
  await connect(options).send('delete', `countersign/v1/people/${encodeURIComponent(emailOrId)}`);
  await print(options.json ? JSON.stringify({ removed: emailOrId }) : `${emailOrId} is removed.`);
}
