import { PermanentError } from '../../domain/errors.ts';
import type { Attributes, Value } from '../../ports/store.ts';

/** What DynamoDB keeps beside the attributes of an item; refused as attributes in both stores. */
const RESERVED: ReadonlySet<string> = new Set(['pk', 'sk', 'listPk', 'listSk', 'duePk', 'dueSk']);

// Half a surrogate pair has no UTF-8 form.
const LONE_SURROGATE = /\p{Surrogate}/u;

export const isUnicode = (text: string): boolean => !LONE_SURROGATE.test(text);

/** How deep lists and maps nest in DynamoDB, and how small a number but zero can be (its data types). */
const MOST_NESTING = 32;
const LEAST_MAGNITUDE = 1e-130;

/** @throws PermanentError when an attribute has a name or a value that one of the stores could not keep. */
export function assertAttributes(attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    assertName(name);
    if (value !== undefined) assertValue(name, value);
  }
}

/** @throws PermanentError when an attribute of that name could not be kept. */
export function assertName(attribute: string): void {
  // Names that every object has by itself would be found where no attribute is.
  if (attribute === '' || RESERVED.has(attribute) || attribute in Object.prototype) {
    throw new PermanentError(`an attribute cannot be named '${attribute}'`);
  }
}

/** @throws PermanentError when one of the stores could not keep the value. */
export function assertValue(name: string, value: Value, depth = 0): void {
  if (typeof value === 'string' && !isUnicode(value)) {
    throw new PermanentError(`${name} holds half a surrogate pair`);
  }
  if (typeof value === 'number') assertNumber(name, value);
  if (typeof value === 'object') assertNested(name, value, depth + 1);
}

/** DynamoDB's client takes no number that a double does not hold exactly, JSON none that is not finite. */
function assertNumber(name: string, value: number): void {
  const magnitude = Math.abs(value);
  if (magnitude <= Number.MAX_SAFE_INTEGER && (magnitude === 0 || magnitude >= LEAST_MAGNITUDE)) return;
  throw new PermanentError(`${name} is ${value}: a number must be within 2^53 - 1 and, but for 0, 1e-130`);
}

function assertNested(name: string, value: Extract<Value, object>, depth: number): void {
  if (depth > MOST_NESTING) throw new PermanentError(`${name} nests deeper than ${MOST_NESTING} levels`);
  for (const [key, inner] of Object.entries(value)) {
    if (key === '' || key === '__proto__') throw new PermanentError(`${name} has a field named '${key}'`);
    assertValue(name, inner, depth);
  }
}
