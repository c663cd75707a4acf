import type { Query } from '../../ports/store.ts';
import type { Position } from '../store/cursor.ts';

/** Where in an order something stands: a sort key and, in an index, the key of the item that carries it. */
export type Bound = readonly [sort: string, itemPartition: string, itemSort: string];

/** From `from` on (inclusive) and before `before` (exclusive). */
export interface Range {
  readonly from: Bound;
  readonly before: Bound;
}

// Higher than every key, since keys have at most 1024 bytes and these are 1028 of the highest character's.
const AFTER_ALL = '\u{10FFFF}'.repeat(257);

/** The first text after this one: U+0000, which would come between them, is in no key. */
const next = (text: string): string => `${text}\u0001`;

/** The part of a partition that a query's page is read from, beginning behind the page before. */
export function rangeOf(query: Query, position: Position | undefined): Range {
  const whole = wholeRange(query);
  if (position === undefined) return whole;
  const { sort, item = { partition: '', sort: '' } } = position;
  if (query.descending) return { ...whole, before: [sort, item.partition, item.sort] };
  if (query.index === undefined) return { ...whole, from: [next(sort), '', ''] };
  return { ...whole, from: [sort, item.partition, next(item.sort)] };
}

function wholeRange({ prefix = '', upTo }: Query): Range {
  const end = upTo === undefined ? prefix + AFTER_ALL : next(upTo);
  return { from: [prefix, '', ''], before: [end, '', ''] };
}
