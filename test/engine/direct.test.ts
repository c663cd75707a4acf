import {
  array,
  assert,
  asyncProperty,
  constantFrom,
  dictionary,
  double,
  letrec,
  oneof,
  record,
  tuple,
} from 'fast-check';
import jsonata from 'jsonata';
import { describe, expect, it } from 'vitest';
import { BEYOND, compileDirect } from '../../lib/engine/direct.ts';
import { workflowDefinition } from '../../lib/workflow/definition.ts';

const RUNS = 12_000;

// Names that also are properties of every object, of arrays and strings, and those that jsonata takes for functions.
const name = oneof(
  { weight: 5, arbitrary: constantFrom('a', 'b') },
  {
    weight: 2,
    arbitrary: constantFrom(
      'length',
      'toString',
      '__proto__',
      '_jsonata_function',
      '_jsonata_lambda',
      'cons',
    ),
  },
);

const scalar = oneof(
  constantFrom(null, true, false, 0, 1, 2, -1, '', 'a', 'b', '1', 'ä\u{1f600}'),
  double({ noNaN: true, noDefaultInfinity: true }),
  constantFrom(1e200, -1e200),
);

/** JSON, with arrays in arrays, objects in arrays and all that is empty. */
const { json } = letrec<{ json: unknown }>((tie) => ({
  json: oneof(
    { maxDepth: 3 },
    { weight: 2, arbitrary: scalar },
    { weight: 1, arbitrary: array(tie('json'), { maxLength: 3 }) },
    { weight: 3, arbitrary: dictionary(name, tie('json'), { maxKeys: 3 }) },
    { weight: 1, arbitrary: record({ _jsonata_function: constantFrom(true, 1), a: scalar }) },
  ),
}));

const data = record({
  variables: record({ a: json, b: json, max: json, length: json }, { requiredKeys: ['a', 'b'] }),
  states: record({ input: json, result: json }, { requiredKeys: ['input'] }),
  known: json,
}).map(({ known, ...rest }) => {
  const context: Readonly<Record<string, unknown>> = { known };
  return { ...rest, context: { part: (part: string) => context[part], whole: () => context } };
});

const OPERATORS = ['=', '!=', '<', '<=', '>', '>=', '+', '-', '*', '/', '%', '&', 'and', 'or', 'in'];
const FUNCTIONS = ['exists', 'type', 'not', 'max', 'min', 'string', 'sum', 'count', 'boolean'];
const LITERALS = ['null', 'true', 'false', '0', '1', '-1', '2.5', "''", "'a'", '"b"', "'['"];
const STARTS = ['$states.input', '$states.result', '$states.context.known', '$states.context', '$a', '$b'];

/** Expressions of everything that is evaluated directly, and of much that is not. */
const { expression } = letrec<{ expression: string; path: string; odd: string }>((tie) => ({
  path: tuple(constantFrom(...STARTS), array(name, { maxLength: 2 })).map(([start, steps]) =>
    [start, ...steps.map((step) => `\`${step}\``)].join('.'),
  ),
  odd: oneof(
    constantFrom(
      '$states',
      '$sum',
      '$length',
      '$gone',
      '$',
      '$$',
      'a',
      '$toString',
      '$$.a',
      '({} = {})',
      '([1] != [1])',
    ),
    tie('path').map((path) => `${path}[0]`),
    tie('path').map((path) => `${path}[]`),
    tie('path').map((path) => `-${path}`),
    tuple(tie('path'), name).map(([inner, step]) => `(${inner}).\`${step}\``),
  ),
  expression: oneof(
    { maxDepth: 3 },
    { weight: 4, arbitrary: tie('path') },
    { weight: 2, arbitrary: constantFrom(...LITERALS) },
    { weight: 1, arbitrary: tie('odd') },
    {
      weight: 6,
      arbitrary: tuple(tie('expression'), constantFrom(...OPERATORS), tie('expression')).map(
        ([left, operator, right]) => `(${left} ${operator} ${right})`,
      ),
    },
    {
      weight: 4,
      arbitrary: tuple(constantFrom(...FUNCTIONS), tie('expression')).map(([f, inner]) => `$${f}(${inner})`),
    },
    {
      weight: 2,
      arbitrary: array(tie('expression'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    },
    {
      weight: 2,
      arbitrary: array(tuple(name, tie('expression')), { maxLength: 3 }).map(
        (pairs) => `{${pairs.map(([key, value]) => `"${key}": ${value}`).join(', ')}}`,
      ),
    },
    {
      weight: 2,
      arbitrary: tuple(tie('expression'), tie('expression'), tie('expression')).map(
        ([asked, yes, no]) => `(${asked} ? ${yes} : ${no})`,
      ),
    },
    {
      weight: 1,
      arbitrary: tuple(tie('expression'), tie('expression')).map(([c, yes]) => `(${c} ? ${yes})`),
    },
  ),
}));

/** Nothing for what is no expression: jsonata takes some divisions for a regular expression. */
function ast(source: string): unknown {
  try {
    return jsonata(source).ast();
  } catch {
    return undefined;
  }
}

/** As it would go on: JSON, and nothing for nothing. */
const plain = (value: unknown): string => JSON.stringify(value) ?? 'nothing';

describe('direct evaluation', () => {
  it('computes what jsonata computes, or leaves it to jsonata', async () => {
    const counted = { direct: 0, nothing: 0 };
    await assert(
      asyncProperty(expression, data, async (source, visible) => {
        const evaluate = compileDirect(ast(source));
        if (evaluate === undefined) return;
        let value: unknown;
        try {
          value = evaluate(visible);
        } catch (error) {
          if (error === BEYOND) return;
          throw error;
        }
        counted.direct += 1;
        if (value === undefined) counted.nothing += 1;
        const { variables } = visible;
        const states = { ...visible.states, context: visible.context.whole() };
        expect(plain(value)).toBe(plain(await jsonata(source).evaluate(undefined, { ...variables, states })));
      }),
      { numRuns: RUNS },
    );
    // Else this shows nothing.
    expect(counted.direct).toBeGreaterThan(RUNS / 10);
    expect(counted.direct - counted.nothing).toBeGreaterThan(RUNS / 20);
  });

  it('changes nothing of what it sees', async () => {
    await assert(
      asyncProperty(expression, data, async (source, visible) => {
        const whole = { ...visible, context: visible.context.whole() };
        const before = plain(whole);
        try {
          compileDirect(ast(source))?.(visible);
        } catch (error) {
          if (error !== BEYOND) throw error;
        }
        expect(plain(whole)).toBe(before);
      }),
      { numRuns: RUNS / 10 },
    );
  });

  it('evaluates every expression of our workflow that is on the way of an approval', () => {
    const left = expressionsIn(workflowDefinition((task) => task)).filter(
      (source) => compileDirect(ast(source)) === undefined,
    );
    expect(left).toEqual([]);
  });
});

function expressionsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.startsWith('{%') ? [value.slice(2, -2).trim()] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(expressionsIn);
}
