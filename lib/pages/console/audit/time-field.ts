import type { EpochMillis } from '../../../domain/time.ts';
import { DAY } from '../../../domain/time.ts';

const DAY_ALONE = /^\d{4}-\d\d-\d\d$/;
const TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?$/;

/** What the fields for times take, said under them. */
export const TIME_HINT = 'UTC, like 2026-01-31 or 2026-01-31 14:30';

export interface TimeRead {
  readonly value?: EpochMillis;
  readonly error?: string;
}

/**
 * A time as people type it, in UTC where they name no zone. A day alone begins at midnight; as an end it is in it.
 * Nothing for an empty field.
 */
export function timeFrom(text: string | null, edge: 'from' | 'to'): TimeRead {
  const typed = (text ?? '').trim();
  if (typed === '') return {};
  const isDay = DAY_ALONE.test(typed);
  const [, day = typed, time = '00:00', zone = 'Z'] = TIME.exec(typed) ?? [];
  const at = isDay || TIME.test(typed) ? Date.parse(`${day}T${time}${zone}`) : Number.NaN;
  // `Date.parse` takes 30 February for 2 March.
  if (Number.isNaN(at) || !isDayOfCalendar(day)) return { error: `This is no time. ${TIME_HINT}` };
  return { value: isDay && edge === 'to' ? at + DAY : at };
}

const isDayOfCalendar = (day: string): boolean => {
  const midnight = Date.parse(`${day}T00:00Z`);
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().slice(0, 10) === day;
};
