import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NewInstallation, openDataFolder, setUpInstallation } from '../../lib/wiring/data-folder.ts';

/** The instance, and its people with their API keys. */
export type Founded = Extract<Awaited<ReturnType<typeof setUpInstallation>>, { readonly ok: true }>['value'];

interface Prepared {
  readonly founded: Founded;
  readonly files: readonly (readonly [name: string, bytes: Buffer])[];
}

/** By what was asked for. */
const prepared = new Map<string, Promise<Prepared>>();

/**
 * An installation in a folder that is not there yet. Its two RSA keys take up to a second to make: what is asked for in
 * the same words is a copy, of the same instance, people and keys.
 */
export async function foundInstallation(path: string, request: NewInstallation): Promise<Founded> {
  const words = JSON.stringify(request);
  const first = prepared.get(words) ?? prepare(request);
  prepared.set(words, first);
  const { founded, files } = await first;
  mkdirSync(path, { mode: 0o700 });
  for (const [name, bytes] of files) writeFileSync(join(path, name), bytes, { mode: 0o600 });
  return founded;
}

async function prepare(request: NewInstallation): Promise<Prepared> {
  const parent = mkdtempSync(join(tmpdir(), 'countersign-prepared-'));
  try {
    const folder = await openDataFolder(join(parent, 'data'));
    const made = await setUpInstallation(folder, request);
    await folder.keep();
    folder.close();
    if (!made.ok) throw new Error(made.refusal.code);
    const files = readdirSync(folder.path).map(
      (name) => [name, readFileSync(join(folder.path, name))] as const,
    );
    return { founded: made.value, files };
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}
