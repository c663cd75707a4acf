import { connect } from '../server.ts';
import { print } from '../terminal.ts';
import type { PersonOptions } from './list.ts';

/** `countersign person send-key`. */
export async function sendKey(emailOrId: string, options: PersonOptions): Promise<void> {
  await connect(options).send('post', `countersign/v1/people/${encodeURIComponent(emailOrId)}/claim`);
  await print(
    options.json
      ? JSON.stringify({ mailed: emailOrId })
      : `A link to a new API key is on its way to ${emailOrId}. It works for 7 days; links before it have ended.`,
  );
}
