import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { BUNDLING } from '../../lib/infra/backend-function.ts';
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
    mainFields: [...BUNDLING.mainFields],
    external: [...BUNDLING.externalModules],
    logLevel: 'silent',
  });
  return Object.keys(metafile.inputs);
}

test('a step and the sweeper carry no web framework, no page and no embedded engine', async () => {
  const files = await filesOf(...TASK_NAMES, 'sweep', 'administer', 'publish-events', 'archive-execution');
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

test('no function carries what finds credentials on a developer’s machine', async () => {
  const files = await filesOf('delete-key', 'api');
  expect(files.some((file) => file.includes('@aws-sdk/credential-provider-env/'))).toBe(true);
  expect(
    files.filter((file) =>
      /@aws-sdk\/(nested-clients|token-providers|credential-provider-(sso|ini))\//.test(file),
    ),
  ).toEqual([]);
});
