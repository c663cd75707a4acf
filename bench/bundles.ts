import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Bundle, bundled, entriesOf } from '../test/infra/bundle.ts';
import { functionsOf, synthesized } from '../test/infra/synthesized.ts';
import { median, type Rows } from './rows.ts';

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

const EMPTY = 'empty handler';
const SDK = 'AWS SDK alone';
const FLOORS = { [EMPTY]: 'bench/bundles/empty.ts', [SDK]: 'bench/bundles/sdk.ts' };

/** A bundle in a file, with the variables that it is started with. */
interface Program extends Bundle {
  readonly name: string;
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
}

interface Start {
  /** From the start of the process until its handler is ready, in milliseconds. */
  readonly ready: number;
  /** The import of the module alone. */
  readonly imported: number;
}

type Started = Program & Start;

/**
 * Each function of the stack as it is bundled for Lambda: its size, and its start in a fresh process of this Node.js.
 * The floor is a handler that has the same clients of the AWS SDK and nothing else; of that one, an empty handler.
 * Starts are measured in turns, so that a busy machine is busy for all of them.
 */
export async function benchBundles(): Promise<Rows> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bundles-'));
  try {
    const functions = functionsOf(synthesized());
    const bundles = await bundled({ ...FLOORS, ...entriesOf(functions.keys()) }, { sourceMaps: true });
    const programs = [...bundles].map(([name, bundle]) => {
      const environment = functions.get(name)?.environment ?? { NODE_OPTIONS: '--enable-source-maps' };
      return program(folder, { name, environment, ...bundle });
    });
    const started = await startedInTurns(programs);
    return started.flatMap((one) => [
      ...rowsOf(
        one,
        started.find(({ name }) => name === floorOf(one.name)),
      ),
      ...(one.name === 'api' ? partsOf(one) : []),
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Nothing is less than an empty handler. */
const floorOf = (name: string): string | undefined =>
  name === EMPTY ? undefined : name === SDK ? EMPTY : SDK;

function program(folder: string, one: Omit<Program, 'file'>): Program {
  const file = join(folder, `${one.name.replaceAll(' ', '-')}.mjs`);
  writeFileSync(file, one.code);
  if (one.sourceMap !== undefined) writeFileSync(`${file}.map`, one.sourceMap);
  return { ...one, file };
}

async function startedInTurns(programs: readonly Program[]): Promise<readonly Started[]> {
  const rounds: (readonly Start[])[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const starts: Start[] = [];
    for (const one of programs) starts.push(await startOnce(one));
    rounds.push(starts);
  }
  return programs.map((one, position) => {
    const middle = (what: keyof Start) =>
      median(rounds.map((starts) => starts[position]?.[what] ?? Number.NaN));
    return { ...one, ready: middle('ready'), imported: middle('imported') };
  });
}

/** As Lambda starts it: with its own variables and nothing else. */
async function startOnce({ file, environment }: Program): Promise<Start> {
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

function rowsOf(one: Started, floor: Started | undefined): Rows {
  const figures: readonly (readonly [what: string, unit: string, figure: (of: Started) => number])[] = [
    ['bundle', 'kB', ({ code }) => code.length / 1000],
    ['bundle, gzip', 'kB', ({ code }) => gzipSync(code).length / 1000],
    ['start to ready', 'ms', ({ ready }) => ready],
    ['import', 'ms', ({ imported }) => imported],
  ];
  return figures.map(([what, unit, figure]) => ({
    measured: `${one.name}: ${what}`,
    value: figure(one),
    unit,
    ...(floor !== undefined && { floor: figure(floor) }),
  }));
}

/** What the bundle is made of: packages, and folders of ours. */
function partsOf({ name, made }: Program): Rows {
  const weights = new Map<string, number>();
  for (const [file, { bytesInOutput }] of Object.entries(made.inputs)) {
    const part = partOf(file);
    weights.set(part, (weights.get(part) ?? 0) + bytesInOutput);
  }
  return [...weights]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, LISTED)
    .map(([part, bytes]) => ({ measured: `${name}: of it ${part}`, value: bytes / 1000, unit: 'kB' }));
}

const partOf = (file: string): string =>
  /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? file.split('/').slice(0, 2).join('/');
