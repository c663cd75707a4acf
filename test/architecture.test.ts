import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const MOST_LINES = 350;

interface Source {
  /** From the root of the project, with slashes. */
  readonly path: string;
  readonly text: string;
  /** Files of ours as paths from the root, anything else by the name that it is imported by. */
  readonly imports: readonly string[];
}

const sourcesIn = (folder: string): readonly Source[] => {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => path.endsWith('.ts'))
    .map((path) => sourceOf(path, readFileSync(join(ROOT, path), 'utf8')));
};

const sourceOf = (path: string, text: string): Source => ({ path, text, imports: importsOf(path, text) });

// `import … from 'x'`, `export … from 'x'`, `import 'x'`, `import('x')`, `require('x')`, in a comment or not.
const IMPORT = /(?:\bfrom\s+|\bimport\s+|\b(?:import|require)\s*\(\s*)(['"])([^'"\n]+)\1/g;

function importsOf(path: string, text: string): readonly string[] {
  return [...text.matchAll(IMPORT)].flatMap(([, , name = '']) => {
    if (!name.startsWith('.')) return [name];
    return [normalize(join(dirname(path), name))];
  });
}

const SOURCES = ['bin', 'lib', 'functions'].flatMap(sourcesIn);

/** A folder ends in a slash, a package or a file does not. `npm` is every package, `node:` every module of Node's. */
interface Arrow {
  readonly from: string;
  readonly to: readonly string[];
  readonly except?: readonly string[];
}

const INSIDE = ['lib/domain/', 'lib/ports/'];
const COMMAND_AND_FUNCTIONS = ['bin/', 'functions/'];
/** What adapters of several technologies share: how mails, seals, signatures, limits and AWS's errors look. */
const SHARED_BY_ADAPTERS = ['aws', 'mailer', 'sealer', 'store', 'token-signer'].map(
  (name) => `lib/adapters/${name}/`,
);

const ADAPTERS = readdirSync(join(ROOT, 'lib/adapters'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const WITH_THE_ENGINE = ['embedded', 'sqlite'];

const ARROWS: readonly Arrow[] = [
  { from: 'lib/domain/', to: ['lib/domain/'] },
  { from: 'lib/ports/', to: INSIDE },
  { from: 'lib/mails/', to: ['lib/domain/', 'lib/mails/'] },
  // Of Node's modules those that compute and reach nothing.
  { from: 'lib/operations/', to: [...INSIDE, 'lib/mails/', 'lib/operations/', 'node:crypto', 'node:zlib'] },
  // What is deployed as well as run: plain data, and the names in it.
  { from: 'lib/workflow/task-names.ts', to: ['lib/domain/'] },
  { from: 'lib/workflow/definition.ts', to: ['lib/domain/', 'lib/workflow/task-names.ts'] },
  { from: 'lib/workflow/', to: [...INSIDE, 'lib/operations/', 'lib/workflow/', 'zod'] },
  { from: 'lib/engine/', to: ['lib/engine/', 'jsonata', 'libsql', 'node:'] },
  ...['http', 'pages'].map((layer) => ({
    from: `lib/${layer}/`,
    to: [
      ...INSIDE,
      'lib/mails/',
      'lib/operations/',
      'lib/http/',
      'lib/pages/',
      // Plain data, which the console draws.
      ...(layer === 'pages' ? ['lib/workflow/definition.ts'] : []),
      'hono',
      'zod',
      'jose',
      'node:crypto',
    ],
  })),
  ...ADAPTERS.map((name) => ({
    from: `lib/adapters/${name}/`,
    to: [
      ...INSIDE,
      `lib/adapters/${name}/`,
      ...SHARED_BY_ADAPTERS,
      ...(WITH_THE_ENGINE.includes(name) ? ['lib/engine/'] : []),
      'npm',
      'node:',
    ],
  })),
  { from: 'lib/wiring/', to: ['lib/', 'npm', 'node:'], except: ['lib/infra/', 'lib/cli/'] },
  { from: 'lib/cli/', to: [...INSIDE, 'lib/cli/', 'lib/wiring/', 'npm', 'node:'] },
  {
    from: 'lib/infra/',
    to: [
      'lib/infra/',
      'lib/workflow/definition.ts',
      'lib/workflow/task-names.ts',
      'lib/adapters/dynamodb/schema.ts',
      // The names that alarms and queries share with what writes them.
      'lib/domain/measures.ts',
      'lib/domain/seen-waiting.ts',
      // How long an event is tried: until then nobody else archives what it tells of.
      'lib/domain/archive-pass.ts',
      'aws-cdk-lib',
      'constructs',
      'node:',
    ],
  },
];

/** The first row whose `from` fits is the file's. */
const arrowOf = (path: string): Arrow | undefined => ARROWS.find(({ from }) => within(path, from));

const within = (path: string, place: string): boolean =>
  place.endsWith('/') ? path.startsWith(place) : path === place;

function allows({ to, except = [] }: Arrow, imported: string): boolean {
  const isOurs = /^(lib|bin|functions|test|bench)\//.test(imported);
  if (isOurs)
    return to.some((place) => within(imported, place)) && !except.some((place) => within(imported, place));
  if (imported.startsWith('node:')) return to.includes('node:') || to.includes(imported);
  return to.includes('npm') || to.some((name) => imported === name || imported.startsWith(`${name}/`));
}

const broken = (sources: readonly Source[]): readonly string[] =>
  sources.flatMap(({ path, imports }) => {
    const arrow = arrowOf(path);
    if (arrow === undefined) return path.startsWith('lib/') ? [`${path} is in no folder of the table`] : [];
    return imports
      .filter((imported) => !allows(arrow, imported))
      .map((imported) => `${path} imports ${imported}`);
  });

describe('the arrows', () => {
  test('every file imports only what its folder may', () => {
    expect(broken(SOURCES)).toEqual([]);
  });

  test('only the wiring and what starts a process import an adapter', () => {
    const may = ['lib/adapters/', 'lib/wiring/', ...COMMAND_AND_FUNCTIONS];
    const SCHEMA = 'lib/adapters/dynamodb/schema.ts';
    const wrong = SOURCES.filter(({ path }) => !may.some((place) => path.startsWith(place))).flatMap(
      ({ path, imports }) =>
        imports
          .filter((imported) => imported.startsWith('lib/adapters/'))
          .filter((imported) => !(path.startsWith('lib/infra/') && imported === SCHEMA))
          .map((imported) => `${path} imports ${imported}`),
    );
    expect(wrong).toEqual([]);
  });

  test('no file imports itself by way of others', () => {
    expect(cyclesIn(SOURCES)).toEqual([]);
  });

  const SAMPLES: readonly (readonly [path: string, text: string])[] = [
    ['lib/domain/key.ts', `import { randomUUID } from 'node:crypto';`],
    ['lib/ports/store.ts', `import type { A } from '../operations/a.ts';`],
    ['lib/operations/a.ts', `import { sqliteStore } from '../adapters/sqlite/store.ts';`],
    ['lib/operations/a.ts', `export * from 'zod';`],
    ['lib/workflow/definition.ts', `import type { A } from '../ports/store.ts';`],
    ['lib/engine/engine.ts', `import { accept } from '../domain/refusal.ts';`],
    ['lib/http/app.ts', `const { S3 } = await import('@aws-sdk/client-s3');`],
    ['lib/pages/page.ts', `import '../wiring/local.ts';`],
    ['lib/adapters/sqlite/store.ts', `import { x } from '../dynamodb/store.ts';`],
    ['lib/adapters/dynamodb/store.ts', `import { openDatabase } from "../../engine/database.ts";`],
    ['lib/wiring/aws.ts', `import { Stack } from '../infra/stack.ts';`],
    ['lib/infra/stack.ts', `import { dynamodbStore } from '../adapters/dynamodb/store.ts';`],
    ['lib/mails/render.ts', `import type { Store } from '../ports/store.ts';`],
    ['lib/cli/serve.ts', `import { sqliteStore } from '../adapters/sqlite/store.ts';`],
    ['lib/elsewhere/a.ts', ``],
  ];
  for (const [path, text] of SAMPLES) {
    test(`an arrow the wrong way is seen: ${path}: ${text}`, () => {
      expect(broken([sourceOf(path, text)])).toHaveLength(1);
    });
  }
});

/** Each cycle once, as the files on it. */
function cyclesIn(sources: readonly Source[]): readonly string[] {
  const imports = new Map(sources.map((source) => [source.path, source.imports]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start >= 0) cycles.push([...way.slice(start), path].join(' > '));
    if (start >= 0 || done.has(path)) return;
    for (const imported of imports.get(path) ?? []) visit(imported, [...way, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return cycles;
}

test('a cycle is seen, over any number of files', () => {
  const cycle = [
    sourceOf('lib/domain/a.ts', `import './b.ts'`),
    sourceOf('lib/domain/b.ts', `import './c.ts'`),
    sourceOf('lib/domain/c.ts', `import './a.ts'`),
  ];
  expect(cyclesIn(cycle)).toEqual(['lib/domain/a.ts > lib/domain/b.ts > lib/domain/c.ts > lib/domain/a.ts']);
  expect(cyclesIn(cycle.slice(0, 2))).toEqual([]);
});

/** The text of the code alone: what stands in comments may speak of anything. */
const codeOf = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');

const GIVEN_UP = /(?:[:<,|&]|\bas)\s*any\s*(?=[;,)\]}>=|&[{]|$)/gm;

describe('the house rules', () => {
  const found = (pattern: RegExp, files: readonly Source[], read: (text: string) => string = codeOf) =>
    files.flatMap(({ path, text }) =>
      [...read(text).matchAll(pattern)].map(([match]) => `${path}: ${match}`),
    );

  test('time comes from the clock alone', () => {
    const CLOCKS = ['lib/adapters/system/', 'lib/engine/clock.ts'];
    const others = SOURCES.filter(
      ({ path }) => path.startsWith('lib/') && !CLOCKS.some((place) => within(path, place)),
    );
    expect(found(/\bDate\.now\b|\bnew Date\(\s*\)/g, others)).toEqual([]);
  });

  test('no type is given up', () => {
    expect(found(GIVEN_UP, SOURCES)).toEqual([]);
    expect(
      found(/@ts-(?:ignore|nocheck|expect-error)|biome-ignore[^\n]*noExplicitAny/g, SOURCES, (text) => text),
    ).toEqual([]);
  });

  test(`no file has more than ${MOST_LINES} lines`, () => {
    const lengths = SOURCES.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }));
    expect(lengths.filter(({ lines }) => lines > MOST_LINES)).toEqual([]);
  });

  test('a type that is given up is seen', () => {
    for (const text of [
      '(a: any) => 1',
      'Record<string, any>',
      'x as any;',
      'let a: any[] = []',
      'f(): any {',
    ]) {
      expect(found(GIVEN_UP, [sourceOf('lib/a.ts', text)])).toHaveLength(1);
    }
  });

  test('the sources are read at all', () => {
    expect(SOURCES.map(({ path }) => relative('.', path))).toContain('lib/ports/store.ts');
  });
});
