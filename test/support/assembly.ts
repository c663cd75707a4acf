import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inject } from 'vitest';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

/** What `cdk synth` writes: the template, and each function's bundle. */
export interface Assembly {
  readonly folder: string;
  stop(): Promise<void>;
}

/**
 * Synthesizes the app as CDK's command does, bundles and all, into a folder of its own; where `CLOUD_ASSEMBLY` names the
 * folder of one that is there, that one.
 */
export async function synthesizeAssembly(): Promise<Assembly> {
  const given = process.env.CLOUD_ASSEMBLY;
  if (given !== undefined) return { folder: resolve(given), stop: async () => {} };
  const folder = mkdtempSync(join(tmpdir(), 'countersign-assembly-'));
  const stop = async () => rmSync(folder, { recursive: true, force: true });
  const { PATH = '', HOME = '' } = process.env;
  try {
    await promisify(execFile)('npx', ['cdk', 'synth', '--quiet', '--output', folder], {
      cwd: PROJECT,
      env: { PATH, HOME, CI: 'true', CDK_DISABLE_CLI_TELEMETRY: '1', CDK_DISABLE_VERSION_CHECK: '1' },
      maxBuffer: 2 ** 24,
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { folder, stop };
}

/** The folder of the one assembly that all test files of a run share. */
export async function sharedAssembly(): Promise<string> {
  const answer = await fetch(inject('assemblyDirectory'));
  if (!answer.ok) throw new Error(await answer.text());
  const { folder } = (await answer.json()) as Pick<Assembly, 'folder'>;
  return folder;
}
