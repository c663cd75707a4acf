import { describe, expect, it } from 'vitest';
import { compileTemplate, EvaluationError, evaluate, expressionIn } from '../../lib/engine/expression.ts';
import { chance } from '../../lib/engine/functions.ts';

const NOW = Date.UTC(2026, 0, 1);
const input = {
  list: [
    { name: 'a', n: 1 },
    { name: 'b', n: 2 },
  ],
};

const scope = (seed = 'seed') => ({
  now: NOW,
  chance: chance('key', seed),
  states: { input },
  context: {
    part: (name: string) => (name === 'State' ? { Name: 'A' } : undefined),
    whole: () => ({ State: { Name: 'A' } }),
  },
  variables: { x: 5 },
});

const evaluated = (expression: string, seed?: string) =>
  evaluate(compileTemplate(`{% ${expression} %}`, 'Output'), scope(seed), 'Output');

/** An expression and what it is worth; the first group as recorded on AWS. */
const VALUES: readonly (readonly [expression: string, value: unknown])[] = [
  ['$range(1, 9, 9)', 1],
  ['$partition([0], 1)', [[0]]],
  ["$parse('-0')", 0],

  ['$range(1, 9, 2)', [1, 3, 5, 7, 9]],
  ['$range(3, 1, -1)', [3, 2, 1]],
  ['$partition([1, 2, 3, 4, 5], 2)', [[1, 2], [3, 4], [5]]],
  ['$parse(\'{"a": [1, null]}\')', { a: [1, null] }],
  ["$hash('x', 'MD5')", '9dd4e461268c8034f5c8564e155c67a6'],
  ["$hash('x', 'SHA-1')", '11f6ad8ec52a2984abaafd7c3b516503785c2072'],
  ["$hash('x', 'SHA-256')", '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881'],
  ["$length($hash('x', 'SHA-384')) + $length($hash('x', 'SHA-512'))", 96 + 128],
  ['$random(7) = $random(7)', true],
  ['$random(7) = $random(8)', false],
  ['$random() < 1 and $random() >= 0', true],
  ['$random() = $random()', false],
  ['$match($uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/).index', 0],
  ['$sum($shuffle([1, 2, 3]))', 6],

  ['$now()', '2026-01-01T00:00:00.000Z'],
  ["$now('[Y]', '+0000')", '2026'],
  ['$millis()', NOW],
  ["$toMillis('12:30', '[H]:[m]')", NOW + (12 * 60 + 30) * 60_000],
  ["$toMillis('2026-01-01T00:00:00.000Z')", NOW],

  ["$states.input.list[name = 'b'].n", 2],
  ['$x + 1', 6],
  ['null', null],
];

describe('an expression', () => {
  it.each(VALUES)('%s is %j', async (expression, value) => {
    expect(await evaluated(expression)).toEqual(value);
  });

  it.each(['$random()', '$uuid()', '$shuffle([1, 2, 3, 4, 5, 6, 7, 8, 9])'])(
    '%s is the same in a replay, and another for another execution',
    async (expression) => {
      expect(await evaluated(expression)).toEqual(await evaluated(expression));
      expect(await evaluated(expression, 'other')).not.toEqual(await evaluated(expression));
    },
  );

  it.each([
    ['$range(1, 2000, 1)', 'more than 1000 items'],
    ['$range(1, 2, 0)', 'step not 0'],
    ['$partition([1], 0)', 'must be a positive integer'],
    ["$hash('x', 'CRC32')", 'unknown algorithm CRC32'],
    ["$parse('{')", 'threw an error'],
    ['$gone', 'returned nothing'],
    ['$sum', 'unsupported result type'],
    ['function($x){$x}', 'unsupported result type'],
  ])('%s fails, and says "%s"', async (expression, message) => {
    await expect(evaluated(expression)).rejects.toThrow(EvaluationError);
    await expect(evaluated(expression)).rejects.toThrow(message);
  });

  it('does not see the surroundings that carry its time and chance', async () => {
    await expect(evaluated('$surroundings')).rejects.toThrow('returned nothing');
  });

  it('sees the context beside what else there is of the state, in parts and whole', async () => {
    expect(await evaluated('$states.context.State.Name')).toBe('A');
    expect(await evaluated('$keys($states)')).toEqual(['input', 'context']);
    expect(await evaluated('$states')).toEqual({ input, context: { State: { Name: 'A' } } });
  });

  it('is found between the marks alone', () => {
    expect(expressionIn('{% a %}')).toBe('a');
    expect(expressionIn('{%%}')).toBe('');
    expect(expressionIn(' {% a %}')).toBeUndefined();
    expect(expressionIn('{% a %} ')).toBeUndefined();
    expect(expressionIn('{%}')).toBeUndefined();
  });

  it('stands anywhere in a value, in arrays and objects', async () => {
    const template = compileTemplate({ a: ['{% 1 %}', { b: '{% $x %}' }], c: 'text' }, 'Output');
    expect(await evaluate(template, scope(), 'Output')).toEqual({ a: [1, { b: 5 }], c: 'text' });
  });
});
