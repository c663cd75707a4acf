/*
 * Evaluates directly, without jsonata's interpreter and its promises, what most expressions of a workflow are: paths,
 * literals, comparisons, conditions, objects. Owns no rule of the language: whatever could come out otherwise than in
 * jsonata is left to it, at compile time by what stands in the parse tree, at run time by what the values are.
 */

/** What an expression sees. */
export interface Visible {
  /** `$states` without its `context`. */
  readonly states: object;
  readonly context: Parts;
  readonly variables: { readonly [name: string]: unknown };
}

/** `$states.context`, of which what an expression asks for is made, and nothing else. */
export interface Parts {
  part(name: string): unknown;
  whole(): object;
}

/** The value that jsonata computes, `undefined` for nothing. @throws BEYOND where only jsonata knows. */
export type Direct = (visible: Visible) => unknown;

/** Thrown, without the price of a stack, by an evaluation that is to be done by jsonata instead. */
export const BEYOND: unique symbol = Symbol('beyond direct evaluation');

interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

type Compile = (node: Node) => Direct | undefined;

/** How each kind of node is compiled, and every field that it may have: one that is not here means something more. */
const KINDS: Readonly<Record<string, { readonly fields: readonly string[]; readonly compile: Compile }>> = {
  string: { fields: ['value'], compile: literal },
  number: { fields: ['value'], compile: literal },
  value: { fields: ['value'], compile: literal },
  variable: { fields: ['value'], compile: variable },
  path: { fields: ['steps'], compile: path },
  binary: { fields: ['value', 'lhs', 'rhs'], compile: binary },
  unary: { fields: ['value', 'lhs', 'expressions'], compile: constructed },
  condition: { fields: ['condition', 'then', 'else'], compile: condition },
  block: { fields: ['expressions'], compile: block },
  function: { fields: ['value', 'arguments', 'procedure'], compile: call },
};

/** @returns undefined when the expression is jsonata's to evaluate. */
export function compileDirect(node: unknown): Direct | undefined {
  if (!isNode(node)) return undefined;
  const kind = Object.hasOwn(KINDS, node.type) ? KINDS[node.type] : undefined;
  return kind !== undefined && hasOnly(node, kind.fields) ? kind.compile(node) : undefined;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

const hasOnly = (node: Node, fields: readonly string[]): boolean =>
  Object.keys(node).every(
    (name) => name === 'type' || name === 'position' || fields.includes(name) || node[name] === undefined,
  );

function compileAll(nodes: unknown): readonly Direct[] | undefined {
  if (!Array.isArray(nodes)) return undefined;
  const compiled = nodes.map(compileDirect);
  return compiled.every((one) => one !== undefined) ? compiled : undefined;
}

function literal({ value }: Node): Direct {
  return () => value;
}

function variable({ value: name }: Node): Direct | undefined {
  // All of it at once is jsonata's; a path into it is not.
  if (typeof name !== 'string' || name === '' || name === 'states') return undefined;
  return ({ variables }) => {
    // What is not assigned may be one of jsonata's functions.
    if (!Object.hasOwn(variables, name)) throw BEYOND;
    return variables[name];
  };
}

/** A variable and names. A step over an array maps and flattens: jsonata's. */
function path({ steps }: Node): Direct | undefined {
  if (!Array.isArray(steps)) return undefined;
  const [first, ...rest] = steps.filter(isNode);
  const names = rest.flatMap(({ value }) => (isPlainName(value) ? [value] : []));
  if (first?.type !== 'variable' || !rest.every(isNameStep) || names.length !== rest.length) return undefined;
  const [start, further] = first.value === 'states' ? intoStates(names) : [compileDirect(first), names];
  if (start === undefined) return undefined;
  return (visible) => {
    let value = start(visible);
    for (const name of further) {
      if (typeof value !== 'object' || value === null) return undefined;
      value = own(value, name);
    }
    return value;
  };
}

/** Where a path into `$states` begins, and how it goes on from there. */
function intoStates([first, ...further]: readonly string[]): readonly [
  Direct | undefined,
  readonly string[],
] {
  if (first === undefined) return [undefined, further];
  if (first !== 'context') return [({ states }) => own(states, first), further];
  const [part, ...rest] = further;
  return part === undefined
    ? [({ context }) => context.whole(), rest]
    : [({ context }) => context.part(part), rest];
}

const isNameStep = (node: Node): boolean => node.type === 'name' && hasOnly(node, ['value']);

// jsonata finds what every object inherits, too.
const isPlainName = (name: unknown): name is string =>
  typeof name === 'string' && !(name in Object.prototype);

function own(value: object, name: string): unknown {
  if (Array.isArray(value) || isFunctionLike(value)) throw BEYOND;
  return (value as { readonly [name: string]: unknown })[name];
}

/** jsonata takes an object with such a field for a function. */
export const isFunctionLike = (value: object): boolean =>
  '_jsonata_lambda' in value || '_jsonata_function' in value;

type Operator = (left: unknown, right: unknown) => unknown;

const OPERATORS: Readonly<Record<string, Operator>> = {
  '=': (left, right) => known(left, right) && equal(left, right),
  '!=': (left, right) => known(left, right) && !equal(left, right),
  '<': (left, right) => order(left, right) < 0,
  '<=': (left, right) => order(left, right) <= 0,
  '>': (left, right) => order(left, right) > 0,
  '>=': (left, right) => order(left, right) >= 0,
  '+': (left, right) => number(number(left) + number(right)),
  '-': (left, right) => number(number(left) - number(right)),
  '*': (left, right) => number(number(left) * number(right)),
  '&': (left, right) => text(left) + text(right),
};

function binary({ value, lhs, rhs }: Node): Direct | undefined {
  const [left, right] = [compileDirect(lhs), compileDirect(rhs)];
  if (left === undefined || right === undefined || typeof value !== 'string') return undefined;
  if (value === 'and') return (visible) => truth(left(visible)) && truth(right(visible));
  if (value === 'or') return (visible) => truth(left(visible)) || truth(right(visible));
  const operator = Object.hasOwn(OPERATORS, value) ? OPERATORS[value] : undefined;
  return operator && ((visible) => operator(left(visible), right(visible)));
}

/** A comparison with nothing is false. */
const known = (left: unknown, right: unknown): boolean => left !== undefined && right !== undefined;

function equal(left: unknown, right: unknown): boolean {
  if (isComposed(left) || isComposed(right)) throw BEYOND;
  return left === right;
}

const isComposed = (value: unknown): value is object => typeof value === 'object' && value !== null;

function order(left: unknown, right: unknown): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left !== 'string' || typeof right !== 'string') throw BEYOND;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function number(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw BEYOND;
  return value;
}

// jsonata writes numbers with 15 digits; up to here that changes nothing.
const LARGEST_INTEGER = 1e15;

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined) return '';
  const integer = number(value);
  if (!Number.isInteger(integer) || Math.abs(integer) >= LARGEST_INTEGER) throw BEYOND;
  return String(integer);
}

function truth(value: unknown): boolean {
  if (Array.isArray(value)) throw BEYOND;
  return isComposed(value) ? Object.keys(value).length > 0 : Boolean(value);
}

function constructed({ value, lhs, expressions }: Node): Direct | undefined {
  if (value === '{' && expressions === undefined) return objectOf(lhs);
  if (value === '[' && lhs === undefined) return arrayOf(expressions);
  return undefined;
}

/** An object whose keys are written out, each once. */
function objectOf(pairs: unknown): Direct | undefined {
  if (!Array.isArray(pairs)) return undefined;
  const keys = pairs.flatMap(([key]: unknown[]) =>
    isNode(key) && key.type === 'string' && isPlainName(key.value) ? [key.value] : [],
  );
  const values = compileAll(pairs.map(([, value]: unknown[]) => value));
  if (values === undefined || new Set(keys).size !== pairs.length) return undefined;
  const fields = values.map((value, i) => [keys[i] ?? '', value] as const);
  return (visible) => {
    const object: { [key: string]: unknown } = {};
    for (const [key, value] of fields) {
      const field = value(visible);
      if (field !== undefined) object[key] = field;
    }
    return object;
  };
}

/** Nothing is left out; what is an array would be joined. */
function arrayOf(expressions: unknown): Direct | undefined {
  const items = compileAll(expressions);
  return (
    items &&
    ((visible) => {
      const values = items.map((item) => item(visible)).filter((value) => value !== undefined);
      if (values.some(Array.isArray)) throw BEYOND;
      return values;
    })
  );
}

function condition(node: Node): Direct | undefined {
  const [asked, yes] = [compileDirect(node.condition), compileDirect(node.then)];
  const no = node.else === undefined ? () => undefined : compileDirect(node.else);
  if (asked === undefined || yes === undefined || no === undefined) return undefined;
  return (visible) => (truth(asked(visible)) ? yes(visible) : no(visible));
}

function block({ expressions }: Node): Direct | undefined {
  const [only, ...more] = compileAll(expressions) ?? [];
  return more.length === 0 ? only : undefined;
}

/** Functions of one argument. */
const FUNCTIONS: Readonly<Record<string, (argument: unknown) => unknown>> = {
  exists: (argument) => argument !== undefined,
  type: typeOf,
  string: (argument) => (typeof argument === 'string' ? argument : beyond()),
  not: (argument) => !truth(argument ?? beyond()),
  max: (argument) => Math.max(...numbers(argument)),
  min: (argument) => Math.min(...numbers(argument)),
};

function call({ procedure, arguments: given }: Node): Direct | undefined {
  const [argument, ...more] = compileAll(given) ?? [];
  if (argument === undefined || more.length > 0 || !isNode(procedure)) return undefined;
  const { type, value: name } = procedure;
  if (type !== 'variable' || typeof name !== 'string' || !hasOnly(procedure, ['value'])) return undefined;
  const run = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  return (
    run &&
    ((visible) => {
      if (Object.hasOwn(visible.variables, name)) throw BEYOND;
      const value = argument(visible);
      if (isComposed(value) && isFunctionLike(value)) throw BEYOND;
      return run(value);
    })
  );
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) throw BEYOND;
  return Array.isArray(value) ? 'array' : typeof value;
}

function numbers(value: unknown): readonly number[] {
  if (!Array.isArray(value) || value.length === 0) throw BEYOND;
  return value.map(number);
}

function beyond(): never {
  throw BEYOND;
}
