import jsonata from 'jsonata';
import { BEYOND, compileDirect, type Direct, isFunctionLike, type Visible } from './direct.ts';
import { registerFunctions, SURROUNDINGS, type Surroundings } from './functions.ts';
import { fits, TOO_LARGE } from './limits.ts';

/** What an expression sees: `$states`, the variables, and the execution's own time and chance. */
export interface Scope extends Surroundings, Visible {}

/** A field's value with its expressions compiled. */
export type Template =
  | { readonly kind: 'constant'; readonly value: unknown }
  | Expression
  | { readonly kind: 'array'; readonly items: readonly Template[] }
  | { readonly kind: 'object'; readonly fields: readonly (readonly [string, Template])[] };

interface Expression {
  readonly kind: 'expression';
  readonly source: string;
  readonly location: string;
  readonly run: (scope: Scope) => Promise<unknown>;
  /** The same, faster; not for every expression. */
  readonly direct: Direct | undefined;
}

/** An expression that cannot be compiled; `message` is jsonata's. */
export class ExpressionError extends Error {
  readonly location: string;
  constructor(location: string, message: string) {
    super(message);
    this.location = location;
  }
}

/** An evaluation that failed, by the name that Retry and Catch match. */
export class EvaluationError extends Error {
  readonly error: 'States.QueryEvaluationError' | 'States.DataLimitExceeded';
  /** Slash-separated, as in the EvaluationFailed event: `Arguments/FunctionName`. */
  readonly location: string;
  /** An unusable value was evaluated before the event that says so; see the EvaluationFailed event of a Wait. */
  readonly afterEntering: boolean;

  constructor(
    error: EvaluationError['error'],
    location: string,
    { message, afterEntering = false }: { message: string; afterEntering?: boolean },
  ) {
    super(message);
    this.error = error;
    this.location = location;
    this.afterEntering = afterEntering;
  }
}

export const failedEvaluation = (location: string, message: string): EvaluationError =>
  new EvaluationError('States.QueryEvaluationError', location, { message });

/** The expression in `{% … %}`; `undefined` for any other string, which is a literal. */
export const expressionIn = (text: string): string | undefined =>
  text.startsWith('{%') && text.endsWith('%}') && text.length >= 4 ? text.slice(2, -2).trim() : undefined;

/** @throws ExpressionError */
export function compileTemplate(value: unknown, location: string): Template {
  if (typeof value === 'string') {
    const source = expressionIn(value);
    return source === undefined ? { kind: 'constant', value } : compileExpression(source, location);
  }
  if (Array.isArray(value)) {
    const items = value.map((item, i) => compileTemplate(item, `${location}/${i}`));
    return items.every(isConstant) ? { kind: 'constant', value } : { kind: 'array', items };
  }
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(
      ([name, field]) => [name, compileTemplate(field, `${location}/${name}`)] as const,
    );
    return fields.every(([, field]) => isConstant(field))
      ? { kind: 'constant', value }
      : { kind: 'object', fields };
  }
  return { kind: 'constant', value };
}

/** So many characters are within the limit of a payload, however they are written. */
const SHORT = 1_000;

const isConstant = (template: Template): boolean => template.kind === 'constant';

function compileExpression(source: string, location: string): Expression {
  let expression: jsonata.Expression;
  try {
    expression = jsonata(source);
  } catch (error) {
    throw new ExpressionError(location, `not a JSONata expression: ${describeError(error)}`);
  }
  // Step Functions has no $eval, and its source could come from an execution's input.
  const ast: unknown = expression.ast();
  if (mentionsVariable(ast, 'eval')) throw new ExpressionError(location, '$eval is not supported');
  registerFunctions(expression);
  const run = ({ now, chance, states, context, variables }: Scope): Promise<unknown> =>
    expression.evaluate(undefined, {
      ...variables,
      states: { ...states, context: context.whole() },
      [SURROUNDINGS]: { now, chance },
    });
  return { kind: 'expression', source, location, run, direct: compileDirect(ast) };
}

function mentionsVariable(node: unknown, name: string): boolean {
  if (typeof node !== 'object' || node === null) return false;
  if ('type' in node && node.type === 'variable' && 'value' in node && node.value === name) return true;
  return Object.values(node).some((child) => mentionsVariable(child, name));
}

/**
 * The value of a template, as plain JSON.
 * @throws EvaluationError when an expression throws or returns nothing, or the value exceeds 256 KiB.
 */
export async function evaluate(template: Template, scope: Scope, field: string): Promise<unknown> {
  if (template.kind === 'constant') return template.value;
  const direct = resolveDirectly(template, scope);
  const value = direct === undefined ? await resolve(template, scope) : direct;
  if (typeof value !== 'object' && !(typeof value === 'string' && value.length > SHORT)) return value;
  const text = JSON.stringify(value);
  if (!fits(text)) throw new EvaluationError('States.DataLimitExceeded', field, { message: TOO_LARGE });
  // jsonata marks its arrays; what goes on is plain, and equal to what a replay computes.
  return JSON.parse(text);
}

/** `undefined` when that needs jsonata, or is an error that `resolve` finds, too. */
function resolveDirectly(template: Template, scope: Scope): unknown {
  try {
    return directValue(template, scope);
  } catch (error) {
    if (error === BEYOND) return undefined;
    throw error;
  }
}

function directValue(template: Template, scope: Scope): unknown {
  switch (template.kind) {
    case 'constant':
      return template.value;
    case 'expression': {
      const value = template.direct?.(scope);
      if (value === undefined || (typeof value === 'object' && value !== null && isFunctionLike(value)))
        throw BEYOND;
      return value;
    }
    case 'array':
      return template.items.map((item) => directValue(item, scope));
    case 'object':
      return Object.fromEntries(template.fields.map(([name, field]) => [name, directValue(field, scope)]));
  }
}

async function resolve(template: Template, scope: Scope): Promise<unknown> {
  if (template.kind === 'constant') return template.value;
  if (template.kind === 'expression') return runExpression(template, scope);
  if (template.kind === 'array') {
    const items: unknown[] = [];
    for (const item of template.items) items.push(await resolve(item, scope));
    return items;
  }
  const entries: [string, unknown][] = [];
  for (const [name, field] of template.fields) entries.push([name, await resolve(field, scope)]);
  return Object.fromEntries(entries);
}

async function runExpression({ source, location, run }: Expression, scope: Scope): Promise<unknown> {
  const fail = (problem: string) =>
    failedEvaluation(
      location,
      `The JSONata expression '${source}' specified for the field '${location}' ${problem}`,
    );
  let value: unknown;
  try {
    value = await run(scope);
  } catch (error) {
    throw fail(`threw an error during evaluation. ${describeError(error)}`);
  }
  if (value === undefined) throw fail('returned nothing (undefined).');
  if (typeof value === 'function' || isJsonataFunction(value))
    throw fail('returned an unsupported result type.');
  return value;
}

const isJsonataFunction = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && isFunctionLike(value);

function describeError(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const message = 'message' in error ? String(error.message) : 'unknown error';
  return 'code' in error ? `${String(error.code)}: ${message}` : message;
}

/** The type of a JSON value, as the causes of AWS name it. */
export const typeName = (value: unknown): string => {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
};

/** @throws EvaluationError when the value is not of the type that the field demands. */
export function wrongType(
  template: Template,
  field: string,
  { value, expected }: WrongType,
): EvaluationError {
  const source = template.kind === 'expression' ? template.source : '';
  return failedEvaluation(
    field,
    `The JSONata expression '${source}' specified for the field '${field}' returned an unexpected result type. ` +
      `Expected '${expected}', but was '${typeName(value)}' for value: ${JSON.stringify(value)}`,
  );
}

interface WrongType {
  readonly value: unknown;
  readonly expected: string;
}
