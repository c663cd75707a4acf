import { readFileSync } from 'node:fs';
import { CliError } from './problem.ts';
import { askSecretly } from './terminal.ts';

/**
 * The master key's passphrase, from the environment or from the file that it names (systemd's LoadCredential, a
 * secret of Docker): an option would stand in the list of processes.
 */
export function passphrase(): { readonly passphrase?: string } {
  const { COUNTERSIGN_PASSPHRASE, COUNTERSIGN_PASSPHRASE_FILE } = process.env;
  if (COUNTERSIGN_PASSPHRASE !== undefined) return { passphrase: COUNTERSIGN_PASSPHRASE };
  return COUNTERSIGN_PASSPHRASE_FILE === undefined ? {} : { passphrase: inFile(COUNTERSIGN_PASSPHRASE_FILE) };
}

/** Where the passphrase comes from that the master key is to have from now on. */
export interface NewPassphraseOptions {
  readonly newPassphraseFile?: string;
  readonly remove?: boolean;
}

/** Another passphrase: of a file, none, or typed twice. @throws CliError when there is nobody to type it. */
export async function newPassphrase({
  newPassphraseFile,
  remove = false,
}: NewPassphraseOptions): Promise<string | undefined> {
  if (remove) return undefined;
  if (newPassphraseFile !== undefined) return inFile(newPassphraseFile);
  const first = await askSecretly('New passphrase: ');
  if (first === undefined) throw new CliError('which one? Give --new-passphrase-file, or --remove');
  if (first === '') throw new CliError('the passphrase is empty; nothing was changed');
  if ((await askSecretly('The same again: ')) !== first) {
    throw new CliError('the two are not the same; nothing was changed');
  }
  return first;
}

/** Without the line's end, which editors write. */
function inFile(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new CliError(`the passphrase in ${path} cannot be read: ${code}`);
  }
  const passphrase = text.replace(/\r?\n$/, '');
  if (passphrase === '') throw new CliError(`the passphrase in ${path} is empty`);
  return passphrase;
}
