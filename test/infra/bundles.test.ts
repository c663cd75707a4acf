import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { TASK_NAMES } from '../../lib/workflow/task-names.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

/** The files that the functions' bundles are made of, each by its path in the project. */
async function filesOf(...entries: readonly string[]): Promise<readonly string[]> {
  const { metafile } = await build({
    entryPoints: entries.map((entry) => `functions/${entry}.ts`),
    absWorkingDir: PROJECT,
    bundle: true,
    write: false,
    outdir: '/nowhere',
    metafile: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    logLevel: 'silent',
  });
  return Object.keys(metafile.inputs);
}

test('a step and the sweeper carry no web framework, no page and no embedded engine', async () => {
  const files = await filesOf(...TASK_NAMES, 'sweep', 'administer');
  expect(files).toContain('lib/operations/steps/delete-key.ts');
  expect(
    files.filter((file) =>
      /^lib\/(http|pages|engine|cli)\/|node_modules\/(hono|libsql|jsonata)\//.test(file),
    ),
  ).toEqual([]);
});

test('the API carries no embedded engine', async () => {
  const files = await filesOf('api');
  expect(files).toContain('lib/http/app.ts');
  expect(files.filter((file) => /^lib\/(engine|cli)\/|node_modules\/(libsql|jsonata)\//.test(file))).toEqual(
    [],
  );
});
