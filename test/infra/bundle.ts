import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { bundlingOf } from '../../lib/infra/backend-function.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

/** What esbuild makes of a function's file. */
export interface Bundle {
  readonly code: Uint8Array;
  readonly sourceMap: Uint8Array | undefined;
  /** What is in it, and what it imports. */
  readonly made: Metafile['outputs'][string];
}

/** The file of each function, by its path in the project. */
export const entriesOf = (names: Iterable<string>): Readonly<Record<string, string>> =>
  Object.fromEntries([...names].map((name) => [name, `functions/${name}.ts`]));

/**
 * Bundles files as `NodejsFunction` does; those with the same options together, so that each package is read once.
 *
 * @param entries paths in the project, by the function that each is deployed as.
 */
export async function bundled(
  entries: Readonly<Record<string, string>>,
  options: { readonly sourceMaps: boolean },
): Promise<ReadonlyMap<string, Bundle>> {
  const alike = new Map<string, [string, string][]>();
  for (const entry of Object.entries(entries)) {
    const how = JSON.stringify(bundlingOf(entry[0]));
    alike.set(how, [...(alike.get(how) ?? []), entry]);
  }
  const groups = await Promise.all([...alike.values()].map((group) => bundledAlike(group, options)));
  return new Map(groups.flat());
}

async function bundledAlike(
  entries: readonly (readonly [name: string, entry: string])[],
  { sourceMaps }: { readonly sourceMaps: boolean },
): Promise<readonly (readonly [string, Bundle])[]> {
  const [first = ''] = entries.map(([name]) => name);
  const { target, minify, sourcesContent, mainFields, externalModules } = bundlingOf(first);
  const { metafile, outputFiles } = await build({
    absWorkingDir: PROJECT,
    entryPoints: Object.fromEntries(entries),
    outdir: 'bundles',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target,
    minify,
    sourcemap: sourceMaps,
    sourcesContent,
    mainFields: [...mainFields],
    external: [...externalModules],
    metafile: true,
    logLevel: 'error',
  });
  const written = (file: string) => outputFiles.find(({ path }) => path === `${PROJECT}${file}`)?.contents;
  return entries.map(([name]) => {
    const file = `bundles/${name}.mjs`;
    const code = written(file);
    const made = metafile.outputs[file];
    if (code === undefined || made === undefined) throw new Error(`nothing came of ${name}`);
    return [name, { code, sourceMap: written(`${file}.map`), made }];
  });
}
