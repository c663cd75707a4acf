import { connect, type ServerOptions } from '../server.ts';
import { print } from '../terminal.ts';
import { keyPath } from './keys.ts';

export interface WithdrawOptions extends ServerOptions {
  readonly note?: string;
  readonly json?: boolean;
}

/** `countersign key withdraw`: takes back whatever of a deletion was authorized. */
export async function withdrawDeletion(name: string, options: WithdrawOptions): Promise<void> {
  await connect(options).send('post', `${keyPath(name)}/actions/unsetKeyForDeletion`, {
    headers: { 'x-countersign-note': options.note },
  });
  await print(
    options.json ? JSON.stringify({ status: 'withdrawn' }) : `${name} is not set for deletion any more.`,
  );
}
