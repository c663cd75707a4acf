import { randomBytes } from 'node:crypto';
import { problemFields } from '../../domain/errors.ts';
import type { EpochMillis } from '../../domain/time.ts';

/**
 * A part of a trace, as X-Ray takes it when it is sent apart from what it stands in
 * (https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html).
 */
export interface Subsegment extends Outcome {
  readonly type: 'subsegment';
  readonly trace_id: string;
  readonly parent_id: string;
  readonly id: string;
  readonly name: string;
  /** Seconds since 1970, with their fraction. */
  readonly start_time: number;
  readonly end_time: number;
  /** Something is called that has no trace of its own: it gets a place on the map. */
  readonly namespace?: 'aws';
  readonly aws?: AwsCall;
  /** What traces are looked for by. */
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface AwsCall {
  readonly operation: string;
  readonly region: string;
  readonly table_name?: string;
  readonly table_names?: readonly string[];
  readonly request_id?: string;
  readonly retries?: number;
}

/** How a part ended: answered with a status, failed, or neither. */
export interface Outcome {
  readonly http?: { readonly response: { readonly status: number } };
  /** The caller's mistake, or a refusal. */
  readonly error?: true;
  /** Broken over there. */
  readonly fault?: true;
  readonly throttle?: true;
  readonly cause?: {
    readonly exceptions: readonly { readonly id: string; readonly type: string; readonly message?: string }[];
  };
}

/** 64 bits in hexadecimal digits, as every part of a trace and every exception is named. */
export const newId = (): string => randomBytes(8).toString('hex');

export const secondsOf = (time: EpochMillis): number => time / 1000;

const TOO_MANY_REQUESTS = 429;

/** By its status in HTTP. */
export function answeredWith(status: number): Outcome {
  const http = { response: { status } };
  if (status === TOO_MANY_REQUESTS) return { http, error: true, throttle: true };
  if (status >= 500) return { http, fault: true };
  return status >= 400 ? { http, error: true } : { http };
}

/** By what was thrown: its name, and its message where that cannot hold a secret. */
export function causedBy(thrown: unknown): Pick<Outcome, 'cause'> {
  const { error, problem } = problemFields(thrown);
  const exception = { id: newId(), type: error, ...(problem !== undefined && { message: problem }) };
  return { cause: { exceptions: [exception] } };
}
