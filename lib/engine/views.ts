import type {
  Engine,
  ExecutionDescription,
  ExecutionPage,
  ExecutionQuery,
  HistoryEvent,
  HistoryPage,
  HistoryQuery,
  StateMachine,
} from './api.ts';
import type { Execution } from './execution.ts';
import { decodeFacts } from './facts.ts';
import type { ExecutionRow, Journal } from './journal.ts';
import type { Replay } from './replay.ts';

// How many executions a page of one status looks at: about 10 ms, and no index that every execution would pay for.
const LOOKED_AT = 10_000;

type Views = Pick<Engine, 'status' | 'describe' | 'history' | 'list' | 'stateMachine' | 'stateMachineOf'>;

/** What can be read of executions: what is durable of them, and nothing else. */
export function views(journal: Journal, replay: Replay, currentDefinition: number): Views {
  const stateMachine = (definition: number): StateMachine => {
    const { stateMachine: name, document, since } = journal.definition(definition);
    return { name, definition: document, since };
  };
  return {
    status: (name) => journal.statusOf(name),
    async describe(name) {
      const row = journal.byName(name);
      return row && description((await replay.load(row)).execution);
    },
    async history(name, query) {
      const row = journal.byName(name);
      const events = row === undefined ? [] : (await replay.load(row, true)).execution.history.events;
      return pageOf(events, query);
    },
    list: (query) => list(journal, query),
    stateMachine: () => stateMachine(currentDefinition),
    stateMachineOf(name) {
      const row = journal.byName(name);
      return row && stateMachine(row.definition);
    },
  };
}

/** The cursor is the id of the last execution that was looked at; what starts meanwhile has a higher one. */
function list(journal: Journal, { status, limit, after }: ExecutionQuery): ExecutionPage {
  const most = status === undefined ? limit : LOOKED_AT;
  const from = after === undefined ? Number.MAX_SAFE_INTEGER : Number(after);
  const rows = journal.before(from, most + 1);
  const found: number[] = [];
  let looked = 0;
  for (const row of rows.slice(0, most)) {
    if (found.length === limit) break;
    looked += 1;
    if (status === undefined || row.status === status) found.push(row.id);
  }
  const executions = found.flatMap((id) => journal.byId(id) ?? []).map((row) => summary(journal, row));
  return looked < rows.length ? { executions, cursor: String(rows[looked - 1]?.id) } : { executions };
}

function summary(journal: Journal, row: ExecutionRow): ExecutionPage['executions'][number] {
  const status = journal.statusOf(row.name) ?? 'RUNNING';
  const facts = decodeFacts(journal.factsOf(row));
  const [startDate = 0, stopDate = 0] = [facts[0]?.[1], facts.at(-1)?.[1]];
  return { name: row.name, status, startDate, ...(status === 'RUNNING' ? {} : { stopDate }) };
}

/** What DescribeExecution tells of it. */
export function description({ name, startedAt, input, at, rest }: Execution): ExecutionDescription {
  if (rest.kind !== 'closed') return { name, status: 'RUNNING', startDate: startedAt, input };
  const { error, cause } = rest.failure ?? {};
  return {
    name,
    status: rest.status,
    startDate: startedAt,
    stopDate: at,
    input,
    ...(rest.output === undefined ? {} : { output: rest.output }),
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
  };
}

/** The cursor is the id of the last event of the page before. */
function pageOf(
  events: readonly HistoryEvent[],
  { limit, after, reverse = false }: HistoryQuery,
): HistoryPage {
  const ordered = reverse ? events.toReversed() : events;
  const start = after === undefined ? 0 : ordered.findIndex(({ id }) => String(id) === after) + 1;
  const page = ordered.slice(start, start + limit);
  const last = page.at(-1);
  return start + limit < ordered.length && last !== undefined
    ? { events: page, cursor: String(last.id) }
    : { events: page };
}
