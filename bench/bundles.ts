import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { BUNDLING } from '../lib/infra/backend-function.ts';
import { functionsOf, synthesized } from '../test/infra/synthesized.ts';
import { median, type Row, type Rows } from './rows.ts';

const PROJECT = join(import.meta.dirname, '..');
const START = join(import.meta.dirname, 'bundles/start.mjs');
const ROUNDS = 9;
/** Parts of the API's bundle that are listed, heaviest first. */
const LISTED = 12;

/** What Lambda itself tells every function. */
const LAMBDA = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
};

interface Bundle {
  readonly name: string;
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  readonly gzip: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly metafile: Metafile;
}

interface Start {
  /** From the start of the process until its handler is ready, in milliseconds. */
  readonly ready: number;
  /** The import of the module alone. */
  readonly imported: number;
}

/**
 * Each function of the stack as it is bundled for Lambda: its size, and its start in a fresh process of this Node.js.
 * The floor is a handler that has the same clients of the AWS SDK and nothing else; of that one, an empty handler.
 * Starts are measured in turns, so that a busy machine is busy for all of them.
 */
export async function benchBundles(): Promise<Rows> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bundles-'));
  try {
    const plain = { NODE_OPTIONS: '--enable-source-maps' };
    const empty = await bundle(folder, 'empty handler', 'bench/bundles/empty.ts', plain);
    const sdk = await bundle(folder, 'AWS SDK alone', 'bench/bundles/sdk.ts', plain);
    const functions: Bundle[] = [];
    for (const [name, { environment }] of functionsOf(synthesized()))
      functions.push(await bundle(folder, name, `functions/${name}.ts`, environment));
    const api = functions.find(({ name }) => name === 'api');
    const starts = await startsOf([empty, sdk, ...functions]);
    return [
      ...rowsOf(sdk, empty, starts),
      ...functions.flatMap((one) => rowsOf(one, sdk, starts)),
      ...(api === undefined ? [] : partsOf(api)),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function bundle(
  folder: string,
  name: string,
  entry: string,
  environment: Readonly<Record<string, string>>,
): Promise<Bundle> {
  const { target, minify, sourceMap, sourcesContent, mainFields, externalModules, banner } = BUNDLING;
  const file = join(folder, `${name.replaceAll(' ', '-')}.mjs`);
  const { metafile, outputFiles } = await build({
    absWorkingDir: PROJECT,
    entryPoints: [entry],
    outfile: file,
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target,
    minify,
    sourcemap: sourceMap,
    sourcesContent,
    mainFields: [...mainFields],
    external: [...externalModules],
    banner: { js: banner },
    metafile: true,
    logLevel: 'error',
  });
  for (const { path, contents } of outputFiles) writeFileSync(path, contents);
  const code = outputFiles.find(({ path }) => path === file)?.contents ?? new Uint8Array();
  return { name, file, size: code.length, gzip: gzipSync(code).length, environment, metafile };
}

async function startsOf(bundles: readonly Bundle[]): Promise<ReadonlyMap<string, Start>> {
  const rounds = new Map<string, Start[]>(bundles.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const one of bundles) rounds.get(one.name)?.push(await startOnce(one));
  }
  const middle = (starts: readonly Start[]) => ({
    ready: median(starts.map(({ ready }) => ready)),
    imported: median(starts.map(({ imported }) => imported)),
  });
  return new Map([...rounds].map(([name, starts]) => [name, middle(starts)]));
}

/** As Lambda starts it: with its own variables and nothing else. */
async function startOnce({ file, environment }: Bundle): Promise<Start> {
  const before = performance.now();
  const child = fork(START, [file], {
    execArgv: [],
    env: { ...environment, ...LAMBDA },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} ended with ${code}`);
  });
  const [said] = (await Promise.race([once(child, 'message'), ended])) as [{ imported: number }];
  const ready = performance.now() - before;
  await ended.catch(() => {});
  return { ready, imported: said.imported };
}

function rowsOf(one: Bundle, floor: Bundle, starts: ReadonlyMap<string, Start>): Rows {
  const figure = (what: keyof Start) => ({
    value: starts.get(one.name)?.[what] ?? Number.NaN,
    floor: starts.get(floor.name)?.[what] ?? Number.NaN,
    unit: 'ms',
  });
  return [
    { measured: `${one.name}: bundle`, value: one.size / 1000, unit: 'kB', floor: floor.size / 1000 },
    { measured: `${one.name}: bundle, gzip`, value: one.gzip / 1000, unit: 'kB', floor: floor.gzip / 1000 },
    { measured: `${one.name}: start to ready`, ...figure('ready') },
    { measured: `${one.name}: import`, ...figure('imported') },
  ];
}

/** What the bundle is made of: packages, and folders of ours. */
function partsOf({ name, metafile }: Bundle): readonly Row[] {
  const weights = new Map<string, number>();
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
      const part = partOf(file);
      weights.set(part, (weights.get(part) ?? 0) + bytesInOutput);
    }
  }
  return [...weights]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, LISTED)
    .map(([part, bytes]) => ({ measured: `${name}: of it ${part}`, value: bytes / 1000, unit: 'kB' }));
}

const partOf = (file: string): string =>
  /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? file.split('/').slice(0, 2).join('/');
