import { CONFIRMATION_LENGTH, confirms } from '../../domain/key.ts';
import { CliError } from '../problem.ts';
import { connect, type ServerOptions } from '../server.ts';
import { ask, print } from '../terminal.ts';
import { authorizationFacts, authorizationOf } from './authorization.ts';
import { deletionOf, keyOf, keyPath, ownPath } from './keys.ts';
import { lossText } from './manifest.ts';

export interface ApproveOptions extends ServerOptions {
  readonly confirm?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const QUESTION = `Type the last ${CONFIRMATION_LENGTH} characters of its id to destroy it: `;

/** Approved: a repeated call hears how it ended. */
const DECIDABLE: ReadonlySet<string> = new Set(['pending', 'approved', 'destroying']);

/** `countersign key approve`: the second authorization, bound to the manifest that was shown. */
export async function approveDeletion(name: string, options: ApproveOptions): Promise<void> {
  const server = connect(options);
  const authorization = authorizationOf(await server.get(`${ownPath(name)}/authorization`));
  if (!DECIDABLE.has(authorization.status)) {
    throw new CliError(`nothing waits for an approval: the authorization is ${authorization.status}`);
  }
  if (!options.json)
    await print(`${authorizationFacts(authorization)}\n\n${lossText(authorization.manifest)}\n`);
  const typed = options.confirm ?? (await ask(QUESTION));
  if (typed === undefined)
    throw new CliError('nobody is there to confirm it: give --confirm, or use a terminal');
  if (!confirms(authorization.keyId, typed)) {
    throw new CliError(
      `these are not the last ${CONFIRMATION_LENGTH} characters of the key's id; nothing was approved`,
    );
  }
  // By id: the alias may have gone to another key while this was read.
  const answer = await server.send(
    'delete',
    `${keyPath(authorization.keyId)}${options.force ? '?force=true' : ''}`,
    {
      headers: { 'x-countersign-manifest': authorization.manifestDigest, prefer: 'return=representation' },
    },
  );
  const key = keyOf(answer);
  await print(options.json ? JSON.stringify(answer, null, 2) : `${key.name} is gone: ${deletionOf(key)}.`);
}
