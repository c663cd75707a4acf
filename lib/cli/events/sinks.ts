import { type EventOrder, eventOrderIn } from '../../wiring/event-orders.ts';
import { CliError } from '../problem.ts';
import { print, table } from '../terminal.ts';

export interface ResumeOptions {
  readonly dataDir: string;
}

export interface StatusOptions extends ResumeOptions {
  readonly json?: boolean;
}

/** `countersign events status`. */
export async function showSinks({ dataDir, json }: StatusOptions): Promise<void> {
  const sinks = await ordered(dataDir, { command: 'event-sinks' });
  if (json) return print(JSON.stringify(sinks, null, 2));
  if (sinks.length === 0) return print('There is no sink: countersign serve --events …');
  const rows = sinks.map(({ name, state, lag, oldestAt, failures, problem, nextAttemptAt, goneAt }) => [
    name,
    state,
    String(lag),
    timeOf(oldestAt),
    String(failures),
    problem ?? (goneAt === undefined ? '' : `410 Gone at ${timeOf(goneAt)}`),
    timeOf(nextAttemptAt),
  ]);
  await print(table(rows, ['sink', 'state', 'waiting', 'since', 'failures', 'problem', 'next attempt']));
}

/** `countersign events resume`. */
export async function resumeSink(name: string, { dataDir }: ResumeOptions): Promise<void> {
  await ordered(dataDir, { command: 'resume-event-sink', name });
  await print(`${name} is tried again now: countersign events status shows what comes of it.`);
}

/** @throws CliError for what cannot be done. */
async function ordered(dataDir: string, order: EventOrder) {
  const outcome = await eventOrderIn(dataDir, order);
  if ('failed' in outcome) throw new CliError(outcome.failed);
  return outcome.sinks;
}

const timeOf = (at: number | undefined): string => (at === undefined ? '' : new Date(at).toISOString());
