import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ACCESS, NARROW, type Operation } from '../../lib/domain/access.ts';
import { ROLES, type Role } from '../../lib/domain/person.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/roles.md'), 'utf8');

const NARROWEST = { key: 'one key', keyRing: 'a key ring', self: 'anything' } as const;

/** The table as the program has it: what the page must say. */
const row = (operation: Operation): readonly string[] => {
  const narrow = NARROW[operation];
  const allowed: readonly Role[] = ACCESS[operation];
  return [
    `\`${operation}\``,
    ...ROLES.map((role) => (allowed.includes(role) ? '✓' : '')),
    narrow === undefined ? 'the instance' : NARROWEST[narrow],
  ];
};

const cellsOf = (line: string): readonly string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

it('the page on roles has a row for every operation, as the program decides it', () => {
  const described = PAGE.split('\n').filter((line) => /^\| `\w+` /.test(line));
  expect(described.map(cellsOf)).toEqual(Object.keys(ACCESS).map((operation) => row(operation as Operation)));
});

it('the page on roles names the roles in the order of its columns', () => {
  expect(PAGE.split('\n').map(cellsOf)).toContainEqual(['operation', ...ROLES, 'narrowest grant']);
});
