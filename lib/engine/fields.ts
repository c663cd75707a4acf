import { DefinitionError } from './api.ts';
import { compileTemplate, ExpressionError, type Template } from './expression.ts';

/** Where an object stands in the definition, for messages. */
export interface Place {
  readonly state?: string;
  /** The path of the object within its state, `Retry/0`; empty for the state itself. */
  readonly path?: string;
}

interface Bounds {
  readonly least: number;
  readonly most?: number;
}

/** Reads the fields of one object of a definition. Every reader throws a DefinitionError that names state and field. */
export interface Fields {
  readonly place: Place;
  has(name: string): boolean;
  refuse(name: string, problem: string): DefinitionError;
  /** Refuses every field that is not among these. `Comment` is always allowed. */
  only(names: readonly string[], why?: Readonly<Record<string, string>>): void;
  string(name: string): string;
  oneOf<T extends string>(name: string, values: readonly T[]): T;
  number(name: string, bounds: Bounds): number;
  integer(name: string, bounds: Bounds): number;
  true(name: string): boolean;
  object(name: string): object;
  /** An array of objects, each with its own reader; an absent field is an empty one. */
  list(name: string): readonly Fields[];
  strings(name: string): readonly string[];
  template(name: string): Template | undefined;
}

export const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function fieldsOf(value: unknown, place: Place): Fields {
  const located = (name: string) => (place.path ? `${place.path}/${name}` : name);
  const refuse = (name: string, problem: string) => new DefinitionError(place.state, located(name), problem);
  if (!isObject(value)) throw new DefinitionError(place.state, place.path ?? '(whole)', 'must be an object');
  const object = value;

  const read = <T>(name: string, is: (field: unknown) => field is T, expected: string): T => {
    if (!Object.hasOwn(object, name)) throw refuse(name, 'is missing');
    const field = object[name];
    if (!is(field)) throw refuse(name, `must be ${expected}, not ${JSON.stringify(field)}`);
    return field;
  };
  const number = (name: string, { least, most = Number.MAX_SAFE_INTEGER }: Bounds, integer: boolean) => {
    const is = (field: unknown): field is number =>
      typeof field === 'number' && field >= least && field <= most && (!integer || Number.isInteger(field));
    return read(name, is, `${integer ? 'an integer' : 'a number'} from ${least} to ${most}`);
  };

  const fields: Fields = {
    place,
    has: (name) => Object.hasOwn(object, name),
    refuse,
    only(names, why = {}) {
      for (const name of Object.keys(object)) {
        if (name === 'Comment' || names.includes(name)) continue;
        throw refuse(name, why[name] ?? 'is not supported here');
      }
      if (Object.hasOwn(object, 'Comment')) read('Comment', isString, 'a string');
    },
    string: (name) => read(name, isNonEmptyString, 'a string that is not empty'),
    oneOf: <T extends string>(name: string, values: readonly T[]) =>
      read(name, (field): field is T => values.some((v) => v === field), `one of ${values.join(', ')}`),
    number: (name, bounds) => number(name, bounds, false),
    integer: (name, bounds) => number(name, bounds, true),
    true: (name) => Object.hasOwn(object, name) && read(name, isBoolean, 'true or false'),
    object: (name) => read(name, isObject, 'an object'),
    list: (name) =>
      Object.hasOwn(object, name)
        ? read(name, Array.isArray, 'an array').map((item: unknown, i) =>
            fieldsOf(item, { ...place, path: `${located(name)}/${i}` }),
          )
        : [],
    strings: (name) => read(name, isStrings, 'an array of strings that is not empty'),
    template(name) {
      if (!Object.hasOwn(object, name)) return undefined;
      try {
        return compileTemplate(object[name], located(name));
      } catch (error) {
        if (error instanceof ExpressionError) {
          throw new DefinitionError(place.state, error.location, error.message);
        }
        throw error;
      }
    },
  };
  return fields;
}

const isString = (value: unknown): value is string => typeof value === 'string';
const isNonEmptyString = (value: unknown): value is string => isString(value) && value !== '';
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isStrings = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.every(isNonEmptyString);
