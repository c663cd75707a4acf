import { PermanentError } from '../../domain/errors.ts';
import type { Attributes, Item, ItemKey, Value, Write } from '../../ports/store.ts';

type Update = Extract<Write, { update: ItemKey }>;

/**
 * The item after an update. An item that is not there is made, as DynamoDB makes it.
 * @throws PermanentError when something is added to what is no number, or the sum is none that can be kept.
 */
export function updated(before: Item | undefined, update: Update): Item {
  const attributes = { ...before?.attributes, ...defined(update.set ?? {}) };
  for (const [attribute, by] of Object.entries(update.add ?? {})) {
    attributes[attribute] = sum(attribute, attributes[attribute] ?? 0, by);
  }
  for (const attribute of update.remove ?? []) delete attributes[attribute];
  const indexes = { ...before?.indexes };
  for (const index of ['list', 'due'] as const) {
    const entry = update.indexes?.[index];
    if (entry === null) delete indexes[index];
    if (entry) indexes[index] = entry;
  }
  return { ...update.update, attributes, indexes };
}

function sum(attribute: string, before: Value, by: number): number {
  if (typeof before === 'number' && Math.abs(before + by) <= Number.MAX_SAFE_INTEGER) return before + by;
  if (typeof before === 'number') throw new PermanentError(`${attribute} would pass 2^53 - 1`);
  throw new PermanentError(`${by} cannot be added to ${attribute}, which holds a ${typeof before}`);
}

/** An attribute that is set to `undefined` is not written: what it held before stays. */
const defined = (attributes: Attributes): Record<string, Value | undefined> =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
