import * as z from 'zod';

/** Controls, lone surrogates, line separators, and signs that turn the direction of writing: a page would mislead. */
const UNSAFE_CHARACTERS = String.raw`\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069`;
const UNSAFE = new RegExp(`[${UNSAFE_CHARACTERS}]`, 'u');

/** Whether people can be shown it as it is. */
export const isReadable = (value: string): boolean => !UNSAFE.test(value) && /\S/.test(value);

/** What `text` asks for, in words. */
export const textRule = (least: number, most: number): string =>
  `text of ${least} to ${most} characters, without control characters`;

/** Text that people will read, of so many UTF-16 code units. */
export const text = (least: number, most: number) => {
  const rule = textRule(least, most);
  const pattern = `^[^${UNSAFE_CHARACTERS}]*$`;
  return z.string(rule).min(least, rule).max(most, rule).refine(isReadable, rule).meta({ pattern });
};
