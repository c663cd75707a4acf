import { connect } from '../server.ts';
import { print } from '../terminal.ts';
import { keyOf, keyPath, stateOf } from './keys.ts';
import type { KeyOptions } from './show.ts';

/** `countersign key restore`: brings a destroyed key back while its restore window is open. */
export async function restoreKey(name: string, options: KeyOptions): Promise<void> {
  const answer = await connect(options).send('post', `${keyPath(name)}/restore`);
  const key = keyOf(answer);
  await print(options.json ? JSON.stringify(answer, null, 2) : `${key.name} is back: ${stateOf(key)}.`);
}
