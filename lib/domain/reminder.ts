import { DAY, type EpochMillis, MINUTE } from './time.ts';

/** When Managers are reminded of a request that nobody has decided: half-way, and a day before its end. */
export type Reminder = 'half-time-reminder' | 'last-day-reminder';

/** The window of a round. */
export interface Round {
  readonly requestedAt: EpochMillis;
  readonly windowEndsAt: EpochMillis;
}

/** In a shorter window the day before the end would come before its half. */
const LONG_WINDOW = 2 * DAY;
/** What has to be left at half-time, in milliseconds: a mail that comes later is of no use. */
const LEAST_LEFT = 10 * MINUTE;

interface Due {
  readonly reminder: Reminder;
  readonly at: EpochMillis;
}

/** The reminders of a round, in order: two in a window longer than two days, one in a shorter one, none below 20 minutes. */
export function remindersOf({ requestedAt, windowEndsAt }: Round): readonly Due[] {
  const length = windowEndsAt - requestedAt;
  if (length / 2 < LEAST_LEFT) return [];
  const half: Due = { reminder: 'half-time-reminder', at: requestedAt + Math.ceil(length / 2) };
  return length > LONG_WINDOW ? [half, { reminder: 'last-day-reminder', at: windowEndsAt - DAY }] : [half];
}

/** The reminder whose time it is: the latest, when an earlier one was missed. */
export const reminderAt = (round: Round, now: EpochMillis): Reminder | undefined =>
  now < round.windowEndsAt
    ? remindersOf(round)
        .filter(({ at }) => at <= now)
        .at(-1)?.reminder
    : undefined;

/** When the next reminder's time comes. */
export const nextReminder = (round: Round, now: EpochMillis): EpochMillis | undefined =>
  remindersOf(round).find(({ at }) => at > now)?.at;
