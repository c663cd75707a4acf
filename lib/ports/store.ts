/** A JSON value as the store keeps it. `null` is not kept: an attribute is there or it is not. */
export type Value = string | number | boolean | readonly Value[] | { readonly [name: string]: Value };

/** The attributes of an item. An attribute that is `undefined` is not written. */
export type Attributes = { readonly [name: string]: Value | undefined };

/** `main` holds everything but key material, which is alone in `material` (its own backups and access rights). */
export type Table = 'main' | 'material';

/** Where an item is. Items of one partition are ordered by `sort` (UTF-8 bytes). */
export interface ItemKey {
  readonly table: Table;
  readonly partition: string;
  readonly sort: string;
}

/**
 * The two sparse indexes of `main`: `list` (what people page through) and `due` (what the sweeper looks for).
 * An item is in an index exactly when it carries an entry for it.
 */
export type IndexName = 'list' | 'due';
export interface IndexEntry {
  readonly partition: string;
  readonly sort: string;
}

export interface Item extends ItemKey {
  readonly attributes: Attributes;
  readonly indexes?: Partial<Record<IndexName, IndexEntry>>;
}

/**
 * One clause of a conditional write. All clauses of a write must hold. A comparison with an attribute that is
 * not there, or of another type, does not hold.
 */
export type Condition =
  | { readonly item: 'absent' | 'present' }
  | { readonly attribute: string; readonly is: 'absent' | 'present' }
  | {
      readonly attribute: string;
      readonly is: 'equal' | 'less' | 'lessOrEqual' | 'greater' | 'greaterOrEqual';
      readonly value: string | number | boolean;
    }
  | { readonly attribute: string; readonly is: 'oneOf'; readonly values: readonly (string | number)[] };

/** One write of a transaction, made only when all of `when` holds. */
export type Write =
  | { readonly put: Item; readonly when: readonly Condition[] }
  | {
      readonly update: ItemKey;
      readonly when: readonly Condition[];
      readonly set?: Attributes;
      readonly add?: { readonly [attribute: string]: number };
      readonly remove?: readonly string[];
      /** Index entries to set; `null` takes the item out of that index; an index not named stays as it is. */
      readonly indexes?: Partial<Record<IndexName, IndexEntry | null>>;
    }
  | { readonly delete: ItemKey; readonly when: readonly Condition[] }
  | { readonly check: ItemKey; readonly when: readonly Condition[] };

/** Committed whole, or not at all: then `failed` holds the positions of the writes whose condition did not hold. */
export type CommitResult =
  | { readonly committed: true }
  | { readonly committed: false; readonly failed: readonly number[] };

export interface Query {
  readonly table: Table;
  /** Reads an index in place of the table; `partition`, `prefix` and the bounds are then the index entry's. */
  readonly index?: IndexName;
  readonly partition: string;
  readonly prefix?: string;
  /** Inclusive upper bound of the sort key. Not together with `prefix`. */
  readonly upTo?: string;
  /** At most this many items, 1 to 1000. */
  readonly limit: number;
  /** The `cursor` of the page before. Opaque: never parsed, never made by a caller. */
  readonly after?: string;
  readonly descending?: boolean;
}

export interface Page {
  readonly items: readonly Item[];
  /** There when more may follow. */
  readonly cursor?: string;
}

/**
 * What the inside needs of a database. `get` is consistent; `query` may lag behind on an index. A transaction
 * has at most 100 writes, 4 MB together, 400 KB an item, and names no item twice (DynamoDB's limits,
 * TransactWriteItems).
 *
 * @throws TransientError when the store cannot answer now; repeating is safe.
 */
export interface Store {
  get(key: ItemKey): Promise<Item | undefined>;
  query(query: Query): Promise<Page>;
  commit(writes: readonly Write[]): Promise<CommitResult>;
}

/**
 * A commit that also wakes the task which waits on this token, in the same transaction. A token that nothing waits on
 * changes nothing else.
 */
export type WakingCommit = (writes: readonly Write[], taskToken: string) => Promise<CommitResult>;

/**
 * A commit that also starts an execution, in the same transaction. An execution that has the name already stays what it is.
 */
export type StartingCommit = (
  writes: readonly Write[],
  execution: { readonly name: string; readonly input: Attributes },
) => Promise<CommitResult>;
