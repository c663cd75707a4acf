import { join } from 'node:path';
import * as z from 'zod';
import { sqliteEventFeed, sqliteSinkPositions } from '../adapters/sqlite/event-feed.ts';
import { PermanentError } from '../domain/errors.ts';
import { exists, findServer } from './backup.ts';
import { DATABASE, openDataFolder } from './data-folder.ts';
import { type Events, type SinkReport, storedReports } from './events.ts';
import { orderOf } from './order.ts';

const EVENT_ORDER = z.discriminatedUnion('command', [
  z.strictObject({ command: z.literal('event-sinks') }),
  z.strictObject({ command: z.literal('resume-event-sink'), name: z.string() }),
]);
/** What whoever owns the data folder may have done with the sinks of events. */
export type EventOrder = z.input<typeof EVENT_ORDER>;

export type EventOutcome = { readonly sinks: readonly SinkReport[] } | { readonly failed: string };

/** An order about the sinks, or undefined for any other. */
export const eventOrderOf = (order: unknown): EventOrder | undefined => EVENT_ORDER.safeParse(order).data;

export async function carryOutEventOrder(
  events: Pick<Events, 'reports' | 'resume'>,
  order: EventOrder,
): Promise<EventOutcome> {
  if (order.command === 'resume-event-sink' && !(await events.resume(order.name))) {
    const names = (await events.reports()).map(({ name }) => name).join(', ');
    return { failed: `there is no sink ${order.name}: ${names === '' ? 'there is none' : names}` };
  }
  return { sinks: await events.reports() };
}

/**
 * Has it done by the server of a data folder; where none runs, what is stored is told.
 *
 * @throws PermanentError when there is no installation, or a sink is to be resumed and no server runs; TransientError
 * when the server stopped meanwhile.
 */
export async function eventOrderIn(path: string, order: EventOrder): Promise<EventOutcome> {
  if (!(await exists(join(path, DATABASE)))) {
    throw new PermanentError(`${path} holds no ${DATABASE}: set it up first (countersign init)`);
  }
  const server = await findServer(path);
  if (server !== undefined) return orderOf<EventOutcome>(server, order);
  if (order.command !== 'event-sinks') throw new PermanentError(`no server runs on ${path}`);
  const folder = await openDataFolder(path);
  try {
    const positions = sqliteSinkPositions(folder.database, folder.commit);
    return { sinks: await storedReports(sqliteEventFeed(folder.database), positions) };
  } finally {
    await folder.discard();
  }
}
