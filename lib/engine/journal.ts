import { createHash, randomBytes } from 'node:crypto';
import type { ExecutionStatus } from './api.ts';
import { type Commit, type Database, DatabaseError } from './database.ts';
import type { Fault } from './faults.ts';

/** The tables' form. A file with a higher one was written by a newer program. */
const SCHEMA = 1;

const TABLES = `
  CREATE TABLE IF NOT EXISTS engine_setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  -- What a state machine was when executions of it were started. Never changed.
  CREATE TABLE IF NOT EXISTS engine_definition (
    id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, document TEXT NOT NULL
  ) STRICT;
  -- wake: 0 while a function is to be called, a time in milliseconds while waiting, NULL when closed.
  -- parts: how many rows of engine_part hold earlier facts; facts: the later ones.
  CREATE TABLE IF NOT EXISTS engine_execution (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, definition INTEGER NOT NULL, status TEXT NOT NULL,
    wake INTEGER, parts INTEGER NOT NULL, facts TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS engine_wake ON engine_execution (wake) WHERE wake IS NOT NULL;
  CREATE TABLE IF NOT EXISTS engine_part (
    execution INTEGER NOT NULL, part INTEGER NOT NULL, facts TEXT NOT NULL, UNIQUE (execution, part)
  ) STRICT;
`;

/** Appending writes an execution's whole row again, so that the earlier facts of one that is longer are moved aside. */
export const MOST_CHARACTERS = 16_384;

export interface ExecutionRow {
  readonly id: number;
  readonly name: string;
  readonly definition: number;
  readonly status: string;
  readonly wake: number | null;
  readonly parts: number;
  readonly facts: string;
}

/** What appending needs to know of what is there: how many parts were moved aside, and how long the rest is. */
export interface Tail {
  readonly parts: number;
  readonly length: number;
}

/** What a fact made of an execution: written in the same statement as the fact. */
export interface Standing {
  readonly status: string;
  /** As in the table: 0, a time, or null. */
  readonly wake: number | null;
}

export interface Due {
  readonly id: number;
  readonly wake: number;
}

/** How something that is written comes to the disk: by default alone. Undefined: it was not let happen. */
export type Within = <T>(write: () => T) => Promise<T | undefined>;

/** Facts of one execution on their way to the disk, in one write. */
export interface Writing {
  readonly row: {
    /** How the execution's journal ends with it. */
    readonly tail: Tail;
    /** Whether the database has it: nothing can be added any more. */
    readonly begun: boolean;
  };
  /** Resolves when it is on disk: false when `within` did not let it happen. */
  readonly durable: Promise<boolean>;
  /** Writes one fact more with it; only while it has not begun. */
  add(written: Written): void;
}

type Written = Standing & { readonly fact: string };

/** The engine's tables. Writing resolves when it is durable; reading sees only what is. */
export interface Journal {
  /** Signs tokens and seeds chance; made with the file and never changed. */
  readonly key: string;
  /** The id under which executions remember this state machine; `now` in milliseconds since 1970. */
  remember(stateMachine: string, definition: object, now: number): number;
  /** `since`: when it was remembered first. */
  definition(id: number): {
    readonly stateMachine: string;
    readonly document: object;
    readonly since: number;
  };
  /** An id that no execution of this file had before. */
  newId(): number;
  /** False when the name is taken, and when `within` did not let it happen. */
  insert(row: Omit<ExecutionRow, 'parts'>, within?: Within): Promise<boolean>;
  /**
   * @param tail how its journal ends on disk.
   * @param within makes what is written durable, together with other work, or does not: then it answers undefined.
   */
  append(id: number, tail: Tail, written: Written, within?: Within): Writing;
  postpone(id: number, wake: number): Promise<void>;
  byId(id: number): ExecutionRow | undefined;
  byName(name: string): ExecutionRow | undefined;
  statusOf(name: string): ExecutionStatus | undefined;
  nameOf(id: number): string | undefined;
  idOf(name: string): number | undefined;
  /** All facts of the row, joined by commas. */
  factsOf(row: ExecutionRow): string;
  /** Executions whose function is to be called. */
  running(): readonly number[];
  /** The next executions after `after`, in the order of their time, that wake at `now` or before. */
  due(now: number, after: Due, limit: number): readonly Due[];
  nextWake(): number | undefined;
  /** The executions with an id below this one, the highest first, at most so many. */
  before(id: number, limit: number): readonly Pick<ExecutionRow, 'id' | 'status'>[];
}

/** @throws DatabaseError when the tables are of a newer program. */
export function openJournal(database: Database, commit: Commit, fault?: Fault): Journal {
  database.exec(TABLES);
  const setting = scalar(database, 'SELECT value FROM engine_setting WHERE name = ?');
  const keep = database.prepare('INSERT OR IGNORE INTO engine_setting (name, value) VALUES (?, ?)');
  keep.run('schema', String(SCHEMA));
  keep.run('key', randomBytes(32).toString('base64url'));
  if (Number(setting('schema')) > SCHEMA) {
    throw new DatabaseError('newer', "the engine's tables were written by a newer version of this program");
  }

  const columns = 'id, name, definition, status, wake, parts, facts';
  const insert = database.prepare(
    `INSERT OR IGNORE INTO engine_execution (${columns}) VALUES (?, ?, ?, ?, ?, 0, ?)`,
  );
  const append = database.prepare(
    `UPDATE engine_execution SET facts = facts || ',' || ?, status = ?, wake = ? WHERE id = ?`,
  );
  const renew = database.prepare(
    'UPDATE engine_execution SET facts = ?, status = ?, wake = ?, parts = ? WHERE id = ?',
  );
  const setAside = database.prepare(
    'INSERT INTO engine_part (execution, part, facts) SELECT id, parts, facts FROM engine_execution WHERE id = ?',
  );
  const postpone = database.prepare('UPDATE engine_execution SET wake = ? WHERE id = ?');
  const byId = database.prepare(`SELECT ${columns} FROM engine_execution WHERE id = ?`);
  const byName = database.prepare(`SELECT ${columns} FROM engine_execution WHERE name = ?`);
  const statusOf = scalar(database, 'SELECT status FROM engine_execution WHERE name = ?');
  const nameOf = scalar(database, 'SELECT name FROM engine_execution WHERE id = ?');
  const idOf = scalar(database, 'SELECT id FROM engine_execution WHERE name = ?');
  const parts = database.prepare('SELECT facts FROM engine_part WHERE execution = ? ORDER BY part').pluck();
  const running = database.prepare('SELECT id FROM engine_execution WHERE wake = 0 ORDER BY id').pluck();
  const due = database.prepare(
    'SELECT id, wake FROM engine_execution WHERE wake > 0 AND wake <= ? AND (wake, id) > (?, ?) ORDER BY wake, id LIMIT ?',
  );
  const before = database.prepare(
    'SELECT id, status FROM engine_execution WHERE id < ? ORDER BY id DESC LIMIT ?',
  );
  const nextWake = scalar(database, 'SELECT min(wake) FROM engine_execution WHERE wake > 0');
  let lastId = Number(scalar(database, 'SELECT coalesce(max(id), 0) FROM engine_execution')());

  return {
    key: String(setting('key')),
    ...definitions(database),
    newId() {
      lastId += 1;
      return lastId;
    },
    insert: async ({ id, name, definition, status, wake, facts }, within = commit) => {
      const write = () => insert.run([id, name, definition, status, wake, facts]).changes === 1;
      return (await within(write)) ?? false;
    },
    append(id, before, first, within = commit) {
      const { fact, status, wake } = first;
      const full = before.length >= MOST_CHARACTERS;
      const tailWith = (facts: string): Tail =>
        full
          ? { parts: before.parts + 1, length: facts.length }
          : { parts: before.parts, length: before.length + 1 + facts.length };
      const row = { facts: fact, status, wake, begun: false, tail: tailWith(fact) };
      const durable = within(() => {
        row.begun = true;
        if (full) {
          setAside.run(id);
          fault?.('facts: set aside, rest as before');
          renew.run([row.facts, row.status, row.wake, row.tail.parts, id]);
        } else append.run([row.facts, row.status, row.wake, id]);
        return true;
      });
      return {
        row,
        durable: durable.then((written) => written ?? false),
        add(next) {
          row.facts += `,${next.fact}`;
          row.status = next.status;
          row.wake = next.wake;
          row.tail = tailWith(row.facts);
        },
      };
    },
    postpone: (id, wake) => commit(() => void postpone.run(wake, id)),
    byId: (id) => reading(() => rowOrNone(byId.get(id))),
    byName: (name) => reading(() => rowOrNone(byName.get(name))),
    statusOf: (name) => reading(() => statusOrNone(statusOf(name))),
    nameOf: (id) => reading(() => stringOrNone(nameOf(id))),
    idOf: (name) => reading(() => numberOrNone(idOf(name))),
    factsOf: (row) =>
      row.parts === 0 ? row.facts : reading(() => [...parts.all(row.id), row.facts].join(',')),
    running: () => reading(() => running.all().map(Number)),
    due: (now, after, limit) => reading(() => due.all(now, after.wake, after.id, limit).filter(isDue)),
    nextWake: () => reading(() => numberOrNone(nextWake())),
    before: (id, limit) => reading(() => before.all(id, limit).filter(isStanding)),
  };
}

function definitions(database: Database): Pick<Journal, 'remember' | 'definition'> {
  const idOf = scalar(database, 'SELECT id FROM engine_definition WHERE hash = ?');
  const add = database.prepare('INSERT OR IGNORE INTO engine_definition (hash, document) VALUES (?, ?)');
  const documentOf = scalar(database, 'SELECT document FROM engine_definition WHERE id = ?');
  const keep = database.prepare('INSERT OR IGNORE INTO engine_setting (name, value) VALUES (?, ?)');
  const since = scalar(database, 'SELECT value FROM engine_setting WHERE name = ?');
  return {
    remember(stateMachine, definition, now) {
      const document = JSON.stringify({ stateMachine, definition });
      const hash = createHash('sha256').update(document).digest('hex');
      add.run(hash, document);
      const id = Number(idOf(hash));
      keep.run(`definition ${id} since`, String(now));
      return id;
    },
    definition(id) {
      const kept: unknown = JSON.parse(stringOrNone(documentOf(id)) ?? 'null');
      if (isKeptDefinition(kept)) {
        const first = Number(since(`definition ${id} since`) ?? 0);
        return { stateMachine: kept.stateMachine, document: kept.definition, since: first };
      }
      throw new Error(`the database lacks the definition ${id}`);
    },
  };
}

const isKeptDefinition = (kept: unknown): kept is { stateMachine: string; definition: object } =>
  typeof kept === 'object' && kept !== null && 'stateMachine' in kept && 'definition' in kept;

/** The one value that a query selects; undefined when no row has it. */
function scalar(database: Database, sql: string): (...parameters: (string | number)[]) => unknown {
  const statement = database.prepare(sql).raw();
  return (...parameters) => {
    const row: unknown = statement.get(...parameters);
    return Array.isArray(row) ? row[0] : undefined;
  };
}

/** @throws DatabaseError in place of the library's own. */
function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new DatabaseError('damaged', 'the database cannot be read', error);
  }
}

// The statements above name their columns, and STRICT tables hold nothing else.
const rowOrNone = (row: unknown): ExecutionRow | undefined => (isRow(row) ? row : undefined);
const isRow = (row: unknown): row is ExecutionRow =>
  typeof row === 'object' && row !== null && 'facts' in row;
const isStanding = (row: unknown): row is Pick<ExecutionRow, 'id' | 'status'> =>
  typeof row === 'object' && row !== null && 'status' in row;
const isDue = (row: unknown): row is Due => typeof row === 'object' && row !== null && 'wake' in row;
const stringOrNone = (value: unknown) => (typeof value === 'string' ? value : undefined);
const statusOrNone = (value: unknown): ExecutionStatus | undefined => STATUSES.find((s) => s === value);
const STATUSES = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] as const;
const numberOrNone = (value: unknown) => (typeof value === 'number' ? value : undefined);
