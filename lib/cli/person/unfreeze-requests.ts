import { connect } from '../server.ts';
import { print } from '../terminal.ts';
import type { PersonOptions } from './list.ts';

/** `countersign person unfreeze-requests`. */
export async function unfreezeRequests(emailOrId: string, options: PersonOptions): Promise<void> {
  await connect(options).send(
    'post',
    `countersign/v1/people/${encodeURIComponent(emailOrId)}/unfreeze-requests`,
    {},
  );
  const text = `${emailOrId} may ask for deletions again. What they had asked for before counts no more.`;
  await print(options.json ? JSON.stringify({ unfrozen: emailOrId }) : text);
}
