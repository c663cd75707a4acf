import type { Attributes, Item } from '../../ports/store.ts';

/**
 * The domain's values are plain JSON, so an item's attributes are the value's own members, beside those that a
 * condition has to name. Only these two functions know that.
 */
export const attributesOf = (value: object): Attributes => ({ ...value }) as Attributes;

export const recordOf = <T>(item: Item): T => item.attributes as unknown as T;

/** A number as text that sorts as the number does: times in milliseconds, sequence numbers. */
export const sortable = (number: number): string => String(number).padStart(15, '0');
