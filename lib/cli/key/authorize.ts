import { connect, type ServerOptions } from '../server.ts';
import { print } from '../terminal.ts';
import { authorizationFacts, authorizationOf } from './authorization.ts';
import { keyPath, ownPath } from './keys.ts';
import { previewText } from './manifest.ts';

export interface AuthorizeOptions extends ServerOptions {
  readonly reason?: string;
  readonly ticket?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `countersign key authorize`: the first of the two authorizations, and what the second person will see. */
export async function authorizeDeletion(name: string, options: AuthorizeOptions): Promise<void> {
  const server = connect(options);
  const headers = { 'x-countersign-reason': options.reason, 'x-countersign-ticket': options.ticket };
  if (options.dryRun) {
    const preview = await server.get(`${ownPath(name)}/manifest`, { headers });
    return print(options.json ? JSON.stringify(preview, null, 2) : previewText(preview));
  }
  await server.send('post', `${keyPath(name)}/actions/setKeyForDeletion`, { headers });
  const answer = await server.get(`${ownPath(name)}/authorization`);
  if (options.json) return print(JSON.stringify(answer, null, 2));
  await print(
    `${authorizationFacts(authorizationOf(answer))}\n\nNow another person, a Manager, approves or denies it.`,
  );
}
