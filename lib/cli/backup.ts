import { resolve } from 'node:path';
import { backUp } from '../wiring/backup.ts';
import { print } from './terminal.ts';

export interface BackupOptions {
  readonly dataDir: string;
  readonly output: string;
}

/** `countersign backup`: the database as it is now, in one file, whether a server runs or not. */
export async function backup({ dataDir, output }: BackupOptions): Promise<void> {
  const { bytes, running } = await backUp(dataDir, resolve(output));
  const how = running ? 'from the running server' : 'no server was running';
  await print(
    [
      `${output}: ${size(bytes)}, checked (${how})`,
      '',
      `Not in it, to be kept apart from it: master.key, signing.key and audit-signing.key in ${dataDir}.`,
      'Without master.key nobody can use a restored key; with it and signing.key, whoever has them can. Without',
      'audit-signing.key, evidence is signed by a new key from then on.',
      'Neither are access-keys/, exports/ and outbox/, nor shreddings.jsonl: restoring needs the newest one, or keys',
      'that were shredded after this backup come back.',
    ].join('\n'),
  );
}

/** In the largest unit that leaves a whole number before the point. */
export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), units.length);
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1]}`;
}
