/** The largest input, output or result, in bytes of JSON (Step Functions quotas: 256 KiB of UTF-8). */
const MOST_BYTES = 262_144;

/** The longest error name and cause (Step Functions API reference, SendTaskFailure). */
export const MOST_ERROR_CHARACTERS = 256;
export const MOST_CAUSE_CHARACTERS = 32_768;

/** The most events of an execution's history (Step Functions quotas). */
export const MOST_EVENTS = 25_000;

/** Longest Wait and time-out that Amazon States Language allows, in seconds: about three years. */
export const LONGEST_SECONDS = 99_999_999;

/** Whether a JSON text is within the payload limit. */
export const fits = (json: string): boolean =>
  // A UTF-16 unit is at most three bytes of UTF-8, so short texts need no counting.
  json.length * 3 <= MOST_BYTES || Buffer.byteLength(json) <= MOST_BYTES;

/** The cause of States.DataLimitExceeded, without its subject. */
export const TOO_LARGE = 'returned a result with a size exceeding the maximum number of bytes service limit.';
