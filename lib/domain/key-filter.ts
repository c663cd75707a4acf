import type { Key } from './key.ts';
import { isKeyDate, KEY_DATES, type KeyDate, secondOf } from './key-facts.ts';
import { parseDate } from './time.ts';

const OPERATORS = {
  lt: (date: number, than: number) => date < than,
  lte: (date: number, than: number) => date <= than,
  gt: (date: number, than: number) => date > than,
  gte: (date: number, than: number) => date >= than,
  eq: (date: number, than: number) => date === than,
} as const;
type Operator = keyof typeof OPERATORS;

/** One condition of a filter. All of them must hold. */
export type FilterCondition =
  | { readonly property: KeyDate; readonly is: 'none' }
  /** `than` in whole seconds since 1970. */
  | { readonly property: KeyDate; readonly is: Operator; readonly than: number }
  | { readonly property: 'state'; readonly oneOf: readonly number[] }
  | { readonly property: 'extractable'; readonly value: boolean };

/** How often one property may be named (Key Protect: "up to three of the same property"). */
const MOST_OF_A_PROPERTY = 3;

export const FILTER_RULE =
  'conditions with blanks between them, such as `state=1,2 extractable=false creationDate=gte:"2026-01-01T00:00:00Z" lastRotateDate=none`; the operators are lt, lte, gt and gte, and no property is named more than 3 times';

/**
 * Key Protect's `filter`: `property=value` and `property=operator:"date"`, with blanks between them, or before them as
 * its Go client sends it. Fractions of seconds are cut off, because the dates of keys are shown without.
 * @returns undefined for a text that is no filter.
 */
export function parseFilter(text: string): readonly FilterCondition[] | undefined {
  const conditions: FilterCondition[] = [];
  const named = new Map<string, number>();
  for (const part of text.split(' ').filter((one) => one !== '')) {
    const condition = parseCondition(part);
    if (condition === undefined) return undefined;
    const times = (named.get(condition.property) ?? 0) + 1;
    if (times > MOST_OF_A_PROPERTY) return undefined;
    named.set(condition.property, times);
    conditions.push(condition);
  }
  return conditions;
}

function parseCondition(part: string): FilterCondition | undefined {
  const [, property = '', value = ''] = /^([A-Za-z]+)=(.+)$/s.exec(part) ?? [];
  if (property === 'state') return parseStates(value);
  if (property === 'extractable') return parseExtractable(value);
  return isKeyDate(property) ? parseComparison(property, value) : undefined;
}

function parseStates(value: string): FilterCondition | undefined {
  if (!/^[0-5](?:,[0-5])*$/.test(value)) return undefined;
  return { property: 'state', oneOf: value.split(',').map(Number) };
}

function parseExtractable(value: string): FilterCondition | undefined {
  const word = value.toLowerCase();
  if (word !== 'true' && word !== 'false') return undefined;
  return { property: 'extractable', value: word === 'true' };
}

function parseComparison(property: KeyDate, value: string): FilterCondition | undefined {
  if (value.toLowerCase() === 'none') return { property, is: 'none' };
  const [, operator = 'eq', quoted = ''] = /^(?:(lt|lte|gt|gte):)?"([^"]+)"$/.exec(value) ?? [];
  const date = parseDate(quoted);
  if (date === undefined) return undefined;
  return { property, is: operator as Operator, than: secondOf(date) };
}

/** Whether the key, as it is now, meets the condition. A date that a key does not have meets `none` alone. */
export function meets(key: Key, condition: FilterCondition): boolean {
  switch (condition.property) {
    case 'state':
      return condition.oneOf.includes(key.state);
    case 'extractable':
      return key.extractable === condition.value;
    default: {
      const date = KEY_DATES[condition.property](key);
      if (condition.is === 'none' || date === undefined) return condition.is === 'none' && date === undefined;
      return OPERATORS[condition.is](secondOf(date), condition.than);
    }
  }
}
