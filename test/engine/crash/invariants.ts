import type { Database } from '../../../lib/engine/database.ts';
import type { ExecutionStatus, HistoryEvent } from '../../../lib/engine/engine.ts';
import { openJournal } from '../../../lib/engine/journal.ts';
import { replayFrom, standingOf } from '../../../lib/engine/replay.ts';
import { type Deed, deedsInside, EXPIRES_AFTER, type Kept, LATE_WAIT, type World } from './world.ts';

/** What is wrong, each as a line; an execution that is closed and in order is not looked at again. */
export interface Invariants {
  /** @param settled whether nothing may be running any more. */
  check(database: Database, settled: boolean): Promise<readonly string[]>;
}

interface Found {
  readonly name: string;
  readonly status: ExecutionStatus;
  readonly output?: unknown;
  readonly events: readonly HistoryEvent[];
}

/** What must hold of a journal and of the world that worked with it, whenever the process was killed. */
export function invariants(outside: World): Invariants {
  const inOrder = new Set<string>();
  return {
    async check(database, settled) {
      const deeds = deedsByName([...outside.deeds(), ...deedsInside(database)]);
      const kept = outside.kept();
      const { found, problems, names } = await stored(database, inOrder);
      const known = new Set([...names, ...kept.map(({ name }) => name)]);
      for (const name of inOrder) if (!known.has(name)) problems.push(`${name}: is gone and was not kept`);
      for (const [name, done] of deeds) {
        if (done.has('started') && !known.has(name)) problems.push(`${name}: its start was lost`);
        if (tokensOf(done).size > 1) problems.push(`${name}: one attempt, several tokens`);
      }
      problems.push(...differing(kept));
      for (const one of [...found, ...kept]) {
        if (inOrder.has(one.name)) continue;
        const wrong = [...ofHistory(one.events), ...ofDeeds(one, deeds.get(one.name) ?? new Map())];
        if (settled && one.status === 'RUNNING') wrong.push('never ended');
        problems.push(...wrong.map((problem) => `${one.name}: ${problem}`));
        if (wrong.length === 0 && one.status !== 'RUNNING') inOrder.add(one.name);
      }
      return problems;
    },
  };
}

/** Every execution in the database that was not found in order before, replayed without moving it. */
async function stored(database: Database, inOrder: ReadonlySet<string>) {
  const journal = openJournal(database, () => Promise.reject(new Error('only looking')));
  const replay = replayFrom(journal);
  const found: Found[] = [];
  const problems: string[] = [];
  const names = database.prepare('SELECT name FROM engine_execution').pluck().all().map(String);
  for (const name of names) {
    const row = inOrder.has(name) ? undefined : journal.byName(name);
    if (row === undefined) continue;
    const { execution } = await replay.load(row, true);
    const { status, wake } = standingOf(execution);
    // Whoever waits is found by recovery or by its timer.
    if (status !== row.status || wake !== row.wake) {
      problems.push(`${row.name}: is ${row.status}, ${row.wake}; its facts say ${status}, ${wake}`);
    }
    const output = execution.rest.kind === 'closed' ? execution.rest.output : undefined;
    found.push({
      name: row.name,
      status: journal.statusOf(row.name) ?? 'RUNNING',
      output,
      events: execution.history.events,
    });
  }
  return { found, problems, names };
}

type Done = ReadonlyMap<Deed['deed'], readonly Deed[]>;

function deedsByName(deeds: readonly Deed[]): ReadonlyMap<string, Done> {
  const byName = new Map<string, Map<Deed['deed'], Deed[]>>();
  for (const deed of deeds) {
    const done = byName.get(deed.name) ?? new Map<Deed['deed'], Deed[]>();
    byName.set(deed.name, done.set(deed.deed, [...(done.get(deed.deed) ?? []), deed]));
  }
  return byName;
}

const tokensOf = (done: Done) => new Set(done.get('handed')?.map(({ token }) => token));

/** After a crash an execution may be kept twice, but not as something else. */
function differing(kept: readonly Kept[]): readonly string[] {
  const first = new Map<string, string>();
  return kept.flatMap((one) => {
    const text = JSON.stringify(one);
    const before = first.get(one.name) ?? text;
    first.set(one.name, before);
    return before === text ? [] : [`${one.name}: kept in two forms`];
  });
}

const ENDS = /^Execution(Succeeded|Failed|Aborted|TimedOut)$/;
const TASK_ENDS = /^Task(Succeeded|Failed|TimedOut)$/;

/** Well-formed; every attempt ends at most once, and the execution too; nothing is early. */
function ofHistory(events: readonly HistoryEvent[]): string[] {
  const wrong: string[] = [];
  let attempt: HistoryEvent | undefined;
  events.forEach((event, position) => {
    const { id, previousEventId, type, timestamp } = event;
    if (id !== position + 1 || previousEventId >= id) wrong.push(`event ${id} stands at ${position + 1}`);
    if (timestamp < (events[position - 1]?.timestamp ?? 0)) wrong.push(`event ${id} runs backwards`);
    if (ENDS.test(type) && position !== events.length - 1) wrong.push(`something follows its end, ${id}`);
    if (type === 'TaskScheduled' || TASK_ENDS.test(type)) {
      if ((attempt === undefined) !== (type === 'TaskScheduled')) wrong.push(`an attempt ends twice, ${id}`);
      attempt = type === 'TaskScheduled' ? event : undefined;
    }
  });
  return [...wrong, ...earlyIn(events)];
}

function earlyIn(events: readonly HistoryEvent[]): readonly string[] {
  const at = (type: string) => events.find((event) => event.type === type)?.timestamp;
  const [started = 0, expired = Number.POSITIVE_INFINITY] = [at('ExecutionStarted'), at('ExecutionTimedOut')];
  const wrong = expired < started + EXPIRES_AFTER * 1_000 ? ['it expired early'] : [];
  const [entered = 0, left = Number.POSITIVE_INFINITY] = [at('WaitStateEntered'), at('WaitStateExited')];
  return left < entered + LATE_WAIT * 1_000 ? [...wrong, 'it woke early'] : wrong;
}

/** What was acknowledged is in the history, and what the history says was done was done. */
function ofDeeds({ status, output, events }: Found, done: Done): readonly string[] {
  const wrong: string[] = [];
  const acknowledged = ['answered', 'denied', 'stopped'] as const;
  const has = (type: string, part: string) =>
    events.some((event) => event.type === type && JSON.stringify(event.details).includes(part));
  if (done.has('answered') && !has('TaskSucceeded', 'answered')) wrong.push('its answer was lost');
  if (done.has('denied') && !has('TaskFailed', 'Denied')) wrong.push('its refusal was lost');
  if (done.has('stopped') && status === 'RUNNING') wrong.push('its stop was lost');
  for (const deed of acknowledged) {
    // To stop what is stopped is no error; to answer what was answered is.
    if (deed !== 'stopped' && (done.get(deed)?.length ?? 0) > 1) wrong.push(`was ${deed} twice`);
  }
  // What a function is given, and that it is called at all, follows from what is on disk.
  const tokens = [...tokensOf(done)];
  if (!tokens.every((token) => has('TaskScheduled', String(token)))) wrong.push('its token is another');
  if (done.has('finished') && !has('TaskSucceeded', 'answered')) wrong.push('its last step came first');
  const awaited = events.some(({ type }) => type === 'TaskSubmitted');
  if (awaited && !(done.has('recorded') && done.has('handed'))) wrong.push('a step was skipped');
  const answered = status === 'SUCCEEDED' && output !== 'late' && output !== 'denied';
  if (answered && !done.has('finished')) wrong.push('its last step was skipped');
  return [...wrong, ...heartbeatMissed(events, done.get('beaten') ?? [])];
}

/** A token's time is over when its own is, or so long after its last heartbeat. */
function heartbeatMissed(events: readonly HistoryEvent[], beats: readonly Deed[]): readonly string[] {
  const timedOut = events.find(({ type }) => type === 'TaskTimedOut');
  const scheduled = events.findLast(({ type, id }) => type === 'TaskScheduled' && id < (timedOut?.id ?? 0));
  if (timedOut === undefined || scheduled === undefined) return [];
  const { timestamp: since, details } = scheduled;
  const alive = Math.max(since, ...beats.map(({ at }) => at ?? 0));
  const until = Math.min(
    since + Number(details.timeoutInSeconds) * 1_000,
    alive + Number(details.heartbeatInSeconds) * 1_000,
  );
  return timedOut.timestamp < until ? ['its token ran out early'] : [];
}
