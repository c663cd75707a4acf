import type { Item, Value } from '../../ports/store.ts';

// What DynamoDB keeps for a list or a map, and again for each element (docs: "Item sizes and formats").
const CONTAINER_BYTES = 3;
const ELEMENT_BYTES = 1;

/** How many bytes a text and a number take. */
interface Measure {
  readonly text: (text: string) => number;
  readonly number: (value: number) => number;
}

const EXACT: Measure = { text: (text) => Buffer.byteLength(text), number: numberBytes };

/** A UTF-16 unit is at most 3 bytes of UTF-8; a double has at most 17 digits, beside an exponent and a minus. */
const AT_MOST: Measure = { text: (text) => 3 * text.length, number: () => 11 };

/** Bytes of an item as DynamoDB counts them: the names and values of its attributes and of its keys. */
export const itemBytes = (item: Item): number => measured(item, EXACT);

/** No fewer than these, and counted several times as fast: hardly an item comes near a limit. */
export const mostItemBytes = (item: Item): number => measured(item, AT_MOST);

function measured({ partition, sort, attributes, indexes }: Item, measure: Measure): number {
  const { list, due } = indexes ?? {};
  const keys = { pk: partition, sk: sort };
  const inList = list && { listPk: list.partition, listSk: list.sort };
  const inDue = due && { duePk: due.partition, dueSk: due.sort };
  return [attributes, keys, inList, inDue].reduce<number>(
    (sum, named) => sum + namedBytes(named, measure),
    0,
  );
}

function namedBytes(named: { readonly [name: string]: Value | undefined } = {}, measure: Measure): number {
  let bytes = 0;
  for (const name of Object.keys(named)) {
    const value = named[name];
    if (value !== undefined) bytes += measure.text(name) + valueBytes(value, measure);
  }
  return bytes;
}

function valueBytes(value: Value, measure: Measure): number {
  if (typeof value === 'boolean') return 1;
  if (typeof value === 'string') return measure.text(value);
  if (typeof value === 'number') return measure.number(value);
  if (!isList(value)) {
    return CONTAINER_BYTES + Object.keys(value).length * ELEMENT_BYTES + namedBytes(value, measure);
  }
  const elements = CONTAINER_BYTES + value.length * ELEMENT_BYTES;
  return value.reduce<number>((sum, element) => sum + valueBytes(element, measure), elements);
}

// Array.isArray alone does not tell a readonly array from the rest.
const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

/** A byte for two significant digits, one for the exponent, one for a minus. */
function numberBytes(value: number): number {
  const [mantissa = ''] = String(Math.abs(value)).split('e');
  const digits = mantissa.replace('.', '').replace(/^0+|0+$/g, '').length;
  return Math.ceil(digits / 2) + 1 + (value < 0 ? 1 : 0);
}
