import { createHash } from 'node:crypto';
import { CursorError } from '../../domain/errors.ts';
import type { Query } from '../../ports/store.ts';
import { canBeSortKey } from './limits.ts';

/** Where a page ended: the sort key that it is ordered by and, in an index, the key of the item itself. */
export interface Position {
  readonly sort: string;
  readonly item?: { readonly partition: string; readonly sort: string };
}

/**
 * The opaque form of a position. It names the query that it belongs to by a short hash, so that a cursor handed
 * to another query is refused in both stores, and not in one of them by chance.
 */
export function encodeCursor(query: Query, { sort, item }: Position): string {
  const parts = item === undefined ? [sort] : [sort, item.partition, item.sort];
  return Buffer.from(JSON.stringify([fingerprint(query), ...parts])).toString('base64url');
}

/**
 * @returns where the page before ended; undefined for a first page.
 * @throws CursorError for a cursor that is none, or is another query's.
 */
export function decodeCursor(query: Query): Position | undefined {
  if (query.after === undefined) return undefined;
  const [print, sort, partition, itemSort] = parse(query.after);
  const complete = query.index === undefined || (partition !== undefined && itemSort !== undefined);
  if (print !== fingerprint(query) || sort === undefined || !complete || !isWithin(query, sort)) {
    throw new CursorError('the cursor does not belong to this query');
  }
  if (partition === undefined || itemSort === undefined) return { sort };
  return { sort, item: { partition, sort: itemSort } };
}

/** The hash is no secret: a cursor that somebody made up must not lead out of what the query may read. */
const isWithin = ({ prefix = '', upTo }: Query, sort: string): boolean =>
  sort.startsWith(prefix) &&
  (upTo === undefined || Buffer.compare(Buffer.from(sort), Buffer.from(upTo)) <= 0) &&
  canBeSortKey(sort);

function parse(cursor: string): readonly string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(parts) && parts.every((part) => typeof part === 'string') ? parts : [];
  } catch {
    return [];
  }
}

const fingerprint = ({ table, index, partition, prefix, upTo, descending }: Query): string =>
  createHash('sha256')
    .update(JSON.stringify([table, index ?? '', partition, prefix ?? '', upTo ?? '', descending ?? false]))
    .digest('base64url')
    .slice(0, 8);
