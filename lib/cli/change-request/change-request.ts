import * as z from 'zod';
import { CliError } from '../problem.ts';
import { table } from '../terminal.ts';

const CHANGE = z.object({ name: z.string(), before: z.string(), after: z.string() });

export const CHANGE_REQUEST = z.looseObject({
  id: z.string(),
  status: z.string(),
  subject: z.string(),
  changes: z.array(CHANGE),
  digest: z.string(),
  reason: z.string().optional(),
  requestedBy: z.string(),
  requestedAt: z.string(),
  windowEndsAt: z.string(),
  endedAt: z.string().optional(),
  endedBy: z.string().optional(),
  note: z.string().optional(),
  names: z.record(z.string(), z.string()).optional(),
  whyNotYou: z.string().optional(),
});
/** A change request as the server shows it. */
export type ShownChange = z.infer<typeof CHANGE_REQUEST>;

/** @throws CliError when the server does not answer as one. */
export function readChange(answer: unknown): ShownChange {
  const parsed = CHANGE_REQUEST.safeParse(answer);
  if (!parsed.success) throw new CliError('the server sent an answer that is no change request');
  return parsed.data;
}

export const CHANGES_PATH = 'countersign/v1/change_requests';

export const changePath = (id: string): string => `${CHANGES_PATH}/${encodeURIComponent(id)}`;

/** What it would change, who asks and until when, a line a fact. */
export function changeText(change: ShownChange): string {
  const { names = {}, reason, endedAt, endedBy, note, whyNotYou } = change;
  const name = (id: string) => names[id] ?? id;
  return table([
    ['change of', change.subject],
    ...change.changes.map((one) => [one.name, `${one.before} -> ${one.after}`]),
    ['asked for by', `${name(change.requestedBy)} at ${change.requestedAt}`],
    ...(reason === undefined ? [] : [['because', reason]]),
    ['status', change.status],
    ...(change.status === 'pending' ? [['until', change.windowEndsAt]] : []),
    ...(endedAt === undefined
      ? []
      : [['ended', `${endedAt}${endedBy === undefined ? '' : ` by ${name(endedBy)}`}`]]),
    ...(note === undefined ? [] : [['note', note]]),
    ...(whyNotYou === undefined ? [] : [['you', `cannot approve it: ${whyNotYou}`]]),
    ['digest', change.digest],
    ['id', change.id],
  ]);
}

const OUTCOME = z.looseObject({ changeRequest: CHANGE_REQUEST.optional(), exempt: z.string().optional() });

/** The second Manager's part of an answer. */
export const readOutcome = (answer: unknown): Partial<z.infer<typeof OUTCOME>> =>
  OUTCOME.safeParse(answer).data ?? {};

/** What an answer says of a second Manager; nothing where none was needed. */
export function secondManagerText(answer: unknown): readonly string[] {
  const { changeRequest, exempt } = readOutcome(answer);
  if (changeRequest !== undefined) {
    const { id, changes, windowEndsAt } = changeRequest;
    return [
      'This waits for a second Manager:',
      ...changes.map(({ name, before, after }) => `  ${name}: ${before} -> ${after}`),
      `Another one approves it until ${windowEndsAt}: countersign change-request approve ${id}`,
    ];
  }
  if (exempt === undefined) return [];
  return ['It took effect at once because this is a trial: afterwards it needs a second Manager.'];
}
