import type { Item, Value } from '../../ports/store.ts';

// What DynamoDB keeps for a list or a map, and again for each element (docs: "Item sizes and formats").
const CONTAINER_BYTES = 3;
const ELEMENT_BYTES = 1;

/** Bytes of an item as DynamoDB counts them: the names and values of its attributes and of its keys. */
export function itemBytes({ partition, sort, attributes, indexes }: Item): number {
  const { list, due } = indexes ?? {};
  const keys = {
    pk: partition,
    sk: sort,
    ...(list && { listPk: list.partition, listSk: list.sort }),
    ...(due && { duePk: due.partition, dueSk: due.sort }),
  };
  return namedBytes(attributes) + namedBytes(keys);
}

const namedBytes = (named: { readonly [name: string]: Value | undefined }): number =>
  Object.entries(named).reduce(
    (sum, [name, value]) => sum + (value === undefined ? 0 : Buffer.byteLength(name) + valueBytes(value)),
    0,
  );

function valueBytes(value: Value): number {
  if (typeof value === 'boolean') return 1;
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return numberBytes(value);
  const elements = Object.keys(value).length * ELEMENT_BYTES + CONTAINER_BYTES;
  if (!isList(value)) return elements + namedBytes(value);
  return value.reduce<number>((sum, element) => sum + valueBytes(element), elements);
}

// Array.isArray alone does not tell a readonly array from the rest.
const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

/** A byte for two significant digits, one for the exponent, one for a minus. */
function numberBytes(value: number): number {
  const [mantissa = ''] = String(Math.abs(value)).split('e');
  const digits = mantissa.replace('.', '').replace(/^0+|0+$/g, '').length;
  return Math.ceil(digits / 2) + 1 + (value < 0 ? 1 : 0);
}
