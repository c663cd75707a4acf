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
