import * as z from 'zod';
import { CliError } from '../problem.ts';
import { connect, type ServerOptions } from '../server.ts';
import { print, visible } from '../terminal.ts';
import { externalLines, SHOWN_EXTERNAL } from './external.ts';
import { keyFacts, keyOf } from './keys.ts';

export interface AdoptOptions extends ServerOptions {
  readonly kmsKey?: string;
  readonly remote?: string;
  readonly remoteKey?: string;
  readonly pendingWindow?: number;
  readonly alias?: readonly string[];
  readonly description?: string;
  readonly json?: boolean;
}

/** `countersign key adopt`: the provider is asked first, and what it says of the key is shown. */
export async function adoptKey(name: string, options: AdoptOptions): Promise<void> {
  const { alias, description, json } = options;
  const answer = await connect(options).send('post', 'countersign/v1/keys/external', {
    json: {
      name,
      ...placeOf(options),
      ...(alias !== undefined && { aliases: alias }),
      ...(description !== undefined && { description }),
    },
  });
  if (json) return print(JSON.stringify(answer, null, 2));
  const parsed = z.object({ key: z.unknown(), facts: SHOWN_EXTERNAL }).safeParse(answer);
  if (!parsed.success) throw new CliError('the server sent an answer that is no adopted key');
  const { key, facts } = parsed.data;
  const [, ...lines] = externalLines(facts);
  await print(
    [keyFacts(keyOf({ resources: [key] })), `  ${visible(facts.state)} there`, ...lines].join('\n'),
  );
}

function placeOf({ kmsKey, remote, remoteKey, pendingWindow }: AdoptOptions): object {
  const days = pendingWindow === undefined ? {} : { pendingWindowDays: pendingWindow };
  if (kmsKey !== undefined && remote === undefined && remoteKey === undefined) {
    return { provider: 'aws-kms', reference: kmsKey, ...days };
  }
  if (kmsKey === undefined && remote !== undefined && remoteKey !== undefined) {
    if (pendingWindow !== undefined) throw new CliError('--pending-window is for keys of AWS KMS');
    return { provider: remote, reference: remoteKey };
  }
  throw new CliError('which key? Give --kms-key, or --remote and --remote-key');
}
