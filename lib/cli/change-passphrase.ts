import { orderMasterKey } from '../wiring/master-key-order.ts';
import { type NewPassphraseOptions, newPassphrase, passphrase } from './passphrase.ts';
import { print } from './terminal.ts';

export interface ChangePassphraseOptions extends NewPassphraseOptions {
  readonly dataDir: string;
}

/** `countersign change-passphrase`: the same master key, wrapped in another way. */
export async function changePassphrase({ dataDir, ...options }: ChangePassphraseOptions): Promise<void> {
  const chosen = await newPassphrase(options);
  await orderMasterKey(dataDir, {
    command: 'change-passphrase',
    ...passphrase(),
    ...(chosen !== undefined && { newPassphrase: chosen }),
  });
  await print(
    chosen === undefined
      ? `The master key has no passphrase any more: whoever can read ${dataDir}/master.key can use it.`
      : 'The master key has another passphrase: give that one from the next start on. Copies of master.key keep the old one.',
  );
}
