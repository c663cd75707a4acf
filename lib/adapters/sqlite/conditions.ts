import type { Attributes, Condition, Value } from '../../ports/store.ts';

type Comparable = string | number | boolean;

/**
 * Whether every condition holds for an item's attributes; `undefined` is the item that is not there, of which
 * every attribute is absent. Means exactly what DynamoDB's condition expressions mean.
 */
export const allHold = (when: readonly Condition[], attributes: Attributes | undefined): boolean =>
  when.every((condition) => holds(condition, attributes));

function holds(condition: Condition, attributes: Attributes | undefined): boolean {
  if ('item' in condition) return (attributes !== undefined) === (condition.item === 'present');
  const found = attributes?.[condition.attribute];
  switch (condition.is) {
    case 'absent':
    case 'present':
      return (found !== undefined) === (condition.is === 'present');
    case 'oneOf':
      return condition.values.some((value) => value === found);
    case 'equal':
      return found === condition.value;
    default:
      return isComparable(found, condition.value) && ORDER[condition.is](compare(found, condition.value));
  }
}

const ORDER = {
  less: (sign: number) => sign < 0,
  lessOrEqual: (sign: number) => sign <= 0,
  greater: (sign: number) => sign > 0,
  greaterOrEqual: (sign: number) => sign >= 0,
} as const;

const isComparable = (found: Value | undefined, value: Comparable): found is Comparable =>
  typeof found === typeof value;

/** Texts by their UTF-8 bytes: JavaScript's own order, by UTF-16 units, puts U+1F600 before U+FB01. */
function compare(a: Comparable, b: Comparable): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return Number(a) - Number(b);
}
