import { connect, type ServerOptions } from '../server.ts';
import { print } from '../terminal.ts';
import { keyFacts, keyOf } from './keys.ts';

export interface CreateOptions extends ServerOptions {
  readonly alias?: readonly string[];
  readonly description?: string;
  readonly standard?: boolean;
  readonly json?: boolean;
}

/** `countersign key create`: the server makes the material. */
export async function createKey(name: string, options: CreateOptions): Promise<void> {
  const { alias, description, standard = false } = options;
  const answer = await connect(options).send('post', 'api/v2/keys', {
    headers: { prefer: 'return=representation' },
    json: {
      metadata: { collectionType: 'application/vnd.ibm.kms.key+json', collectionTotal: 1 },
      resources: [
        {
          type: 'application/vnd.ibm.kms.key+json',
          name,
          aliases: alias,
          description,
          extractable: standard,
        },
      ],
    },
  });
  await print(options.json ? JSON.stringify(answer, null, 2) : keyFacts(keyOf(answer)));
}
