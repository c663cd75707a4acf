import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = 'docs/threat-model.md';
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const page = read(PAGE);

interface Named {
  readonly line: number;
  readonly file: string;
  /** The name of a test in it; undefined where the file is named alone. */
  readonly test?: string;
}

/** The files that a page names, and the tests in curly quotes behind each of them, up to the end of its cell. */
function namedIn(text: string): readonly Named[] {
  return text.split('\n').flatMap((content, i) =>
    content.split('|').flatMap((cell) => {
      let file = '';
      return [...cell.matchAll(/`((?:test|lib)\/[^`\s]+)`|“([^”]+)”/g)].map(([, path, name]): Named => {
        if (path !== undefined) file = path;
        return { line: i + 1, file, ...(name !== undefined && { test: name }) };
      });
    }),
  );
}

/** What is wrong with what a page names, in words; nothing is right. */
const wrongs = (text: string): readonly string[] =>
  namedIn(text).flatMap(({ line, file, test: name }) => {
    if (file === '') return [`line ${line}: “${name}” stands behind no file`];
    if (!existsSync(join(ROOT, file))) return [`line ${line}: there is no ${file}`];
    if (name === undefined || namesOf(file).has(name)) return [];
    return [`line ${line}: ${file} has no test “${name}”`];
  });

const names = new Map<string, ReadonlySet<string>>();

/** Every text of a source in quotes: a test is named by one, in a call or in a row of its table. */
function namesOf(file: string): ReadonlySet<string> {
  const known =
    names.get(file) ??
    new Set(
      [...read(file).matchAll(/'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"/g)].map(
        ([, single, double]) => single ?? double ?? '',
      ),
    );
  names.set(file, known);
  return known;
}

describe('the threat model', () => {
  test('names files and tests that are there', () => {
    expect(namedIn(page).filter((named) => named.test !== undefined).length).toBeGreaterThan(70);
    expect(wrongs(page)).toEqual([]);
  });

  test('names a test for each row, or says that none shows it', () => {
    const tables = page.split(/\n## /).filter((section) => section.includes('| shown by'));
    for (const section of tables) {
      const [header = '', , ...rows] = section.split('\n').filter((line) => line.startsWith('|'));
      const column = cellsOf(header).indexOf('shown by');
      for (const row of rows) expect(cellsOf(row)[column], row).toMatch(/^(?:`test\/[^`]+` “|–$)/);
    }
    expect(tables.length).toBeGreaterThan(10);
  });

  test.each(['README.md', 'SECURITY.md', 'docs/operations.md'])('is linked from %s', (from) => {
    const links = [...read(from).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, to = '']) =>
      join(from, '..', to),
    );
    expect(links).toContain(PAGE);
  });

  test('is short enough to be read', () => {
    expect(page.split('\n').length).toBeLessThanOrEqual(350);
  });

  test.each([
    ['`test/none.test.ts`', 'line 1: there is no test/none.test.ts'],
    [
      `\`test/docs/threat-model.test.ts\` “nobody”`,
      'line 1: test/docs/threat-model.test.ts has no test “nobody”',
    ],
    ['`lib/domain/key.ts` | “alone”', 'line 1: “alone” stands behind no file'],
  ])('that names %s is wrong', (text, wrong) => {
    expect(wrongs(text)).toEqual([wrong]);
  });
});

const cellsOf = (row: string): readonly string[] =>
  row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
