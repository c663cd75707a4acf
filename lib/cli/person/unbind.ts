import { connect } from '../server.ts';
import { print } from '../terminal.ts';
import type { PersonOptions } from './list.ts';

/** `countersign person unbind`. */
export async function unbindPerson(emailOrId: string, options: PersonOptions): Promise<void> {
  await connect(options).send('delete', `countersign/v1/people/${encodeURIComponent(emailOrId)}/identity`);
  await print(
    options.json
      ? JSON.stringify({ unbound: emailOrId })
      : `Nobody signs in at the issuer as ${emailOrId} any more. API keys stay.`,
  );
}
