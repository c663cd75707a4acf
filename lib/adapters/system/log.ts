import { toDate } from '../../domain/time.ts';
import type { Log, LogFields } from '../../ports/log.ts';
import { systemClock } from './clock.ts';

/** Controls, line separators and signs that turn the direction of writing: they would forge lines or hide text. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu;

const BARE = /^[\w.:@/+-]+$/;

/**
 * Log lines for people and `grep`: `2026-11-24T21:40:00Z info message name=value`. One call is one line whatever
 * the message and the values hold: values with blanks or signs are quoted as in JSON, controls are escaped.
 */
export const lineLog = (out: NodeJS.WritableStream): Log => {
  const write = (level: string, message: string, fields: LogFields = {}): void => {
    const parts = [
      toDate(systemClock.now()),
      level,
      escaped(message),
      ...Object.entries(fields).flatMap(field),
    ];
    out.write(`${parts.join(' ')}\n`);
  };
  return {
    info: (message, fields) => write('info', message, fields),
    error: (message, fields) => write('error', message, fields),
  };
};

const field = ([name, value]: [string, LogFields[string]]): readonly string[] => {
  if (value === undefined) return [];
  const text = String(value);
  return [`${escaped(name)}=${BARE.test(text) ? text : escaped(JSON.stringify(text))}`];
};

const escaped = (text: string): string =>
  BARE.test(text)
    ? text
    : text.replace(UNSAFE, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
