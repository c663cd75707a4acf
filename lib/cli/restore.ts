import { restoreBackup } from '../wiring/restore.ts';
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
      ? `Put the ${done.missing.join(' and ')} of that installation into ${dataDir} before it is started.`
      : `Start it: npx countersign serve --data-dir ${dataDir}`;
  await print(
    [
      `${dataDir}: restored from ${file}, ${size(done.bytes)}, ${instances.join(', ')}`,
      ...(done.masterKey === 'opens' ? ['master.key opens what is sealed in it.'] : []),
      ...(done.aside === undefined ? [] : [`The database that was there is now ${done.aside}`]),
      '',
      next,
    ].join('\n'),
  );
}
