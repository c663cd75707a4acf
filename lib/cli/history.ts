import * as z from 'zod';
import { COUNTERSIGN } from '../domain/audit.ts';
import { whatHappened } from '../domain/event-words.ts';
import { keyFacts, keyOf, ownPath } from './key/keys.ts';
import type { KeyOptions } from './key/show.ts';
import { CliError } from './problem.ts';
import { connect, type Server } from './server.ts';
import { print, table } from './terminal.ts';

const EVENT = z.looseObject({
  at: z.string(),
  actor: z.string(),
  action: z.string(),
  outcome: z.string(),
  round: z.number().optional(),
  data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
});

const HISTORY = z.looseObject({
  key: z.unknown(),
  emails: z.record(z.string(), z.string()),
  events: z.array(EVENT),
  mails: z.array(
    z.looseObject({
      template: z.string(),
      personId: z.string(),
      status: z.string(),
      sentAt: z.string().optional(),
      problem: z.string().optional(),
    }),
  ),
  openings: z
    .array(
      z.looseObject({ personId: z.string(), firstAt: z.string(), lastAt: z.string(), count: z.number() }),
    )
    .default([]),
  executions: z.array(
    z.looseObject({
      name: z.string(),
      status: z.string(),
      events: z.array(
        z.looseObject({
          id: z.number(),
          type: z.string(),
          timestamp: z.string(),
          details: z.record(z.string(), z.unknown()),
        }),
      ),
    }),
  ),
  cursor: z.string().optional(),
});
type History = z.infer<typeof HISTORY>;

/** `countersign history`: who did what with a key and when, the mails about it, and its executions' events. */
export async function history(name: string, options: KeyOptions): Promise<void> {
  const found = await readWhole(connect(options), name);
  await print(options.json ? JSON.stringify(found, null, 2) : historyText(found));
}

const PAGE = 1_000;
/** A chain of this many events is read by a program, page by page. */
const MOST_PAGES = 100;

async function readWhole(server: Server, name: string): Promise<History> {
  const path = `${ownPath(name)}/history?limit=${PAGE}`;
  const { cursor, ...first } = historyOf(await server.get(path));
  const events = [...first.events];
  for (let after = cursor, pages = 1; after !== undefined && pages < MOST_PAGES; pages += 1) {
    const next = historyOf(await server.get(`${path}&after=${encodeURIComponent(after)}`));
    events.push(...next.events);
    after = next.cursor;
  }
  return { ...first, events };
}

function historyOf(answer: unknown): History {
  const parsed = HISTORY.safeParse(answer);
  if (!parsed.success) throw new CliError('the server sent an answer that is no history');
  return parsed.data;
}

/** What people did, what was mailed to whom, and every event of the newest executions. */
export function historyText(found: History): string {
  const name = (id: string) => (id === COUNTERSIGN ? 'Countersign' : (found.emails[id] ?? id));
  const events = found.events.map((event) => [event.at, name(event.actor), whatHappened(event)]);
  // In the order in which they went out; the unsent ones, named by a word, come after every date.
  const mails = found.mails
    .map(({ sentAt, status, personId, template, problem = '' }) => ({
      when: sentAt ?? status,
      row: [name(personId), template, sentAt === undefined ? problem : ''],
    }))
    .sort((a, b) => a.when.localeCompare(b.when))
    .map(({ when, row }) => [when, ...row]);
  const openings = found.openings.map(({ personId, firstAt, lastAt, count }) => [
    firstAt,
    name(personId),
    count === 1 ? 'once' : `${count} times, last at ${lastAt}`,
  ]);
  const executions = found.executions.map(({ name: execution, status, events: steps }) => {
    const rows = steps.map(({ id, timestamp, type, details }) => [
      String(id).padStart(4),
      timestamp,
      type,
      typeof details.name === 'string' ? details.name : '',
    ]);
    return `Execution ${execution}, ${status}\n\n${table(rows)}`;
  });
  const sections = [
    keyFacts(keyOf({ resources: [found.key] })),
    `Who did what\n\n${table(events)}`,
    ...(openings.length > 0 ? [`Openings of mailed links, also by scanners\n\n${table(openings)}`] : []),
    ...(mails.length > 0 ? [`Mails\n\n${table(mails)}`] : []),
    ...executions,
  ];
  return sections.join('\n\n');
}
