import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { inject } from 'vitest';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

/** `countersign`, ahead of time in JavaScript: it starts in a quarter of the time, and tests start it hundreds of times. */
export interface BundledCommand {
  readonly file: string;
  stop(): Promise<void>;
}

/** Bundles `bin/countersign.js` into a folder of its own, as far below its `package.json` as the sources are. */
export async function bundleCommand(): Promise<BundledCommand> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-command-'));
  const stop = async () => rmSync(folder, { recursive: true, force: true });
  try {
    for (const name of ['package.json', 'node_modules']) symlinkSync(join(PROJECT, name), join(folder, name));
    await build({
      absWorkingDir: PROJECT,
      entryPoints: ['bin/countersign.js'],
      outdir: folder,
      entryNames: 'bin/[name]',
      chunkNames: 'lib/chunks/[name]-[hash]',
      bundle: true,
      splitting: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      external: ['libsql', '@aws-sdk/*'],
      // What is CommonJS in it asks for Node's own modules so.
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
      plugins: [withoutTsx],
      logLevel: 'error',
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { file: join(folder, 'bin/countersign.js'), stop };
}

/** Nothing is left to translate. */
const withoutTsx: Plugin = {
  name: 'without tsx',
  setup(bundling) {
    bundling.onResolve({ filter: /^tsx\// }, () => ({ path: 'tsx', namespace: 'nothing' }));
    bundling.onLoad({ filter: /./, namespace: 'nothing' }, () => ({
      contents: 'export const register = () => {};',
    }));
  },
};

/** The file of the one bundle that all test files of a run share. */
export async function sharedCommand(): Promise<string> {
  const answer = await fetch(inject('commandDirectory'));
  if (!answer.ok) throw new Error(await answer.text());
  const { file } = (await answer.json()) as Pick<BundledCommand, 'file'>;
  return file;
}
