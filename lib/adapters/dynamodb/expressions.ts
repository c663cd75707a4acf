import type { Condition, ItemKey, Value, Write } from '../../ports/store.ts';
import { toIndexKey } from './items.ts';
import { INDEX_KEYS, INDEX_NAMES, TABLE_KEY } from './schema.ts';

type Update = Extract<Write, { update: ItemKey }>;

/** The names and values of one request, collected while its expressions are written. */
export interface Terms {
  /** Stands for an attribute's name: `#status`. */
  readonly name: (attribute: string) => string;
  /** Stands for a value that is compared with, or written to, this attribute: `:status`. */
  readonly value: (attribute: string, value: Value) => string;
  /** The request's fields that say what the names and values stand for. */
  readonly fields: () => {
    ExpressionAttributeNames: Record<string, string>;
    ExpressionAttributeValues?: Record<string, Value>;
  };
}

export function terms(): Terms {
  const names: Record<string, string> = {};
  const values: Record<string, Value> = {};
  return {
    name: (attribute) => {
      const placeholder = free(`#${word(attribute)}`, names, attribute);
      names[placeholder] = attribute;
      return placeholder;
    },
    value: (attribute, value) => {
      const placeholder = free(`:${word(attribute)}`, values);
      values[placeholder] = value;
      return placeholder;
    },
    fields: () => ({
      ExpressionAttributeNames: names,
      // DynamoDB refuses an empty map of values.
      ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
    }),
  };
}

// A placeholder has at most 255 bytes, and all of an expression's together at most 4 KB.
const MOST_LETTERS = 20;
const word = (attribute: string): string => attribute.slice(0, MOST_LETTERS).replace(/\W/g, '_');

/** The placeholder itself, or with the first number that makes it unused (or used for the same thing). */
function free(placeholder: string, used: Record<string, Value>, meaning?: string): string {
  let candidate = placeholder;
  for (let n = 2; candidate in used && (meaning === undefined || used[candidate] !== meaning); n += 1) {
    candidate = `${placeholder}${n}`;
  }
  return candidate;
}

/** `#status = :status AND #windowEndsAt > :windowEndsAt`; undefined when there is no condition. */
export function conditionExpression(when: readonly Condition[], { name, value }: Terms): string | undefined {
  if (when.length === 0) return undefined;
  return when.map((condition) => clause(condition, { name, value })).join(' AND ');
}

const COMPARISON = { equal: '=', less: '<', lessOrEqual: '<=', greater: '>', greaterOrEqual: '>=' } as const;

function clause(condition: Condition, terms: Pick<Terms, 'name' | 'value'>): string {
  const { name, value } = terms;
  if ('item' in condition) return existence(condition.item, name(TABLE_KEY.partitionKey));
  switch (condition.is) {
    case 'absent':
    case 'present':
      return existence(condition.is, name(condition.attribute));
    case 'oneOf':
      return oneOf(condition, terms);
    default: {
      const comparison = COMPARISON[condition.is];
      return `${name(condition.attribute)} ${comparison} ${value(condition.attribute, condition.value)}`;
    }
  }
}

const existence = (is: 'absent' | 'present', attribute: string): string =>
  is === 'absent' ? `attribute_not_exists(${attribute})` : `attribute_exists(${attribute})`;

function oneOf(
  { attribute, values }: Extract<Condition, { is: 'oneOf' }>,
  { name, value }: Pick<Terms, 'name' | 'value'>,
): string {
  if (values.length > 0)
    return `${name(attribute)} IN (${values.map((one) => value(attribute, one)).join(', ')})`;
  // Nothing is one of no values, but DynamoDB has no empty list.
  const key = name(TABLE_KEY.partitionKey);
  return `(attribute_exists(${key}) AND attribute_not_exists(${key}))`;
}

/** A check must have a condition; this one holds for every item, there or not. */
export function always(name: Terms['name']): string {
  const key = name(TABLE_KEY.partitionKey);
  return `attribute_exists(${key}) OR attribute_not_exists(${key})`;
}

/** `SET #status = :status ADD #version :version REMOVE #listPk, #listSk` */
export function updateExpression(update: Update, { name, value }: Terms): string {
  const set = Object.entries(setOf(update)).flatMap(([attribute, to]) =>
    to === undefined ? [] : [`${name(attribute)} = ${value(attribute, to)}`],
  );
  const add = Object.entries(update.add ?? {}).map(
    ([attribute, by]) => `${name(attribute)} ${value(attribute, by)}`,
  );
  const remove = [...(update.remove ?? []), ...leftIndexes(update)].map(name);
  const clauses = [
    ['SET', set],
    ['ADD', add],
    ['REMOVE', remove],
  ] as const;
  const written = clauses.filter(([, parts]) => parts.length > 0);
  // An update that changes nothing must say something: it removes what no item has.
  if (written.length === 0) return `REMOVE ${name('(nothing)')}`;
  return written.map(([verb, parts]) => `${verb} ${parts.join(', ')}`).join(' ');
}

function setOf(update: Update): NonNullable<Update['set']> {
  const entered = INDEX_NAMES.map((index) => {
    const entry = update.indexes?.[index];
    return entry ? toIndexKey(index, entry) : {};
  });
  return Object.assign({ ...update.set }, ...entered);
}

const leftIndexes = (update: Update): readonly string[] =>
  INDEX_NAMES.flatMap((index) =>
    update.indexes?.[index] === null ? [INDEX_KEYS[index].partitionKey, INDEX_KEYS[index].sortKey] : [],
  );
