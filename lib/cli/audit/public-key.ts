import { createPublicKey } from 'node:crypto';
import * as z from 'zod';
import { CliError } from '../problem.ts';
import { connect, type ServerOptions } from '../server.ts';
import { print } from '../terminal.ts';

export interface PublicKeyOptions extends ServerOptions {
  readonly format: 'jwk' | 'pem';
}

const KEYS = z.object({
  keys: z.array(
    z.looseObject({ kty: z.string(), n: z.string(), e: z.string(), kid: z.string(), purpose: z.string() }),
  ),
});

/** `countersign audit public-key`: what to hand to an auditor, once, apart from any file. */
export async function printPublicKeys(options: PublicKeyOptions): Promise<void> {
  const answered = KEYS.safeParse(await connect(options).get('countersign/v1/evidence/keys'));
  if (!answered.success) throw new CliError('the server sent an answer that is no set of keys');
  const { keys } = answered.data;
  if (!keys.some(({ purpose }) => purpose === 'checkpoints')) {
    throw new CliError('no checkpoint has been made yet: the first comes within a minute after the start');
  }
  if (options.format === 'jwk') return print(JSON.stringify({ keys }, null, 2));
  await print(
    keys
      .map(({ kty, n, e, kid, purpose }) => {
        const pem = createPublicKey({ key: { kty, n, e }, format: 'jwk' }).export({
          format: 'pem',
          type: 'spki',
        });
        return `${purpose}, ${kid}\n${String(pem)}`;
      })
      .join(''),
  );
}
