/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMillis = number;

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** RFC 3339 in UTC with whole seconds, as Key Protect writes dates: `2020-03-10T20:41:27Z`. */
export const toDate = (at: EpochMillis): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

const DURATION = /^P(?!$)(?:(\d+)W)?(?:(\d+)D)?(?:T(?!$)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;
const UNIT_SECONDS = [604_800, 86_400, 3_600, 60, 1] as const;

/** An ISO 8601 duration of weeks, days, hours, minutes and seconds (`P7D`, `PT10S`) in seconds, or undefined. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  return UNIT_SECONDS.reduce((sum, unit, i) => sum + unit * Number(match[i + 1] ?? 0), 0);
}

/** Seconds as such a duration: `P7D`, `P1DT12H`, `PT0S`. */
export function toDuration(seconds: number): string {
  let left = seconds;
  const [days = '', hours = '', minutes = '', rest = ''] = DURATION_UNITS.map(([size, letter]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count === 0 ? '' : `${count}${letter}`;
  });
  const time = `${hours}${minutes}${rest}`;
  if (time !== '') return `P${days}T${time}`;
  return days === '' ? 'PT0S' : `P${days}`;
}

const DURATION_UNITS = [
  [86_400, 'D'],
  [3_600, 'H'],
  [60, 'M'],
  [1, 'S'],
] as const;

// RFC 3339, section 5.6, with nanoseconds at most, as Go writes them.
const DATE = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i;

/** A date and time (RFC 3339) cut to its second; undefined for what is none, such as the 30th of February. */
export function parseDate(text: string): EpochMillis | undefined {
  const [, year, month, day, hour, minute, second, zone = ''] = DATE.exec(text) ?? [];
  if (zone === '') return undefined;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const utc = Date.parse(`${local}Z`);
  // Date.parse takes the 30th of February for a day in March, and 24:00 for the next day's midnight.
  if (Number.isNaN(utc) || toDate(utc) !== `${local}Z`) return undefined;
  const at = Date.parse(`${local}${zone.toUpperCase()}`);
  return Number.isNaN(at) ? undefined : at;
}

const UNITS = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;

/** A time span for people, of the two largest units that it has: `7 days`, `1 hour 30 minutes`. */
export function spelled(seconds: number): string {
  let left = seconds;
  const parts = UNITS.flatMap(([size, name]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count === 0 ? [] : [`${count} ${name}${count === 1 ? '' : 's'}`];
  });
  return parts.slice(0, 2).join(' ') || 'no time';
}
