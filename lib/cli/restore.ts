import { type Restored, restoreBackup } from '../wiring/restore.ts';
import { size } from './backup.ts';
import { passphrase } from './passphrase.ts';
import { print } from './terminal.ts';

export interface RestoreOptions {
  readonly dataDir: string;
  readonly force?: boolean;
}

/** `countersign restore`: checks a backup and puts it in place. */
export async function restore(file: string, { dataDir, force = false }: RestoreOptions): Promise<void> {
  const done = await restoreBackup({ backup: file, folder: dataDir, force, ...passphrase() });
  const instances = done.instances.map(({ id, name }) => `instance ${id} (${name})`);
  const next =
    done.missing.length > 0
      ? `Put the ${listed(done.missing)} of that installation into ${dataDir} before it is started.`
      : `Start it: npx countersign serve --data-dir ${dataDir}`;
  await print(
    [
      `${dataDir}: restored from ${file}, ${size(done.bytes)}, ${instances.join(', ')}`,
      ...(done.masterKey === 'opens' ? ['master.key opens what is sealed in it.'] : []),
      ...shreddingsOf(done),
      ...(done.aside === undefined ? [] : [`The database that was there is now ${done.aside}`]),
      '',
      next,
    ].join('\n'),
  );
}

/** `a`, `a and b`, `a, b and c`. */
const listed = (names: readonly string[]): string => names.join(', ').replace(/, ([^,]*)$/, ' and $1');

/** What came of the shreddings after the backup; where that cannot be known, what that means. */
function shreddingsOf({ shredded }: Restored): readonly string[] {
  if (shredded === 'unknown') {
    return [
      'There is no shreddings.jsonl here, so nobody can tell which keys were shredded after this backup was made:',
      'those keys are back, as they were then. If you have that file, put it here and restore again with --force.',
    ];
  }
  if (shredded === 0) return [];
  return [
    `Shredded again, as after this backup: the material of ${shredded} ${shredded === 1 ? 'key' : 'keys'}.`,
  ];
}
