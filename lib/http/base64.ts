import * as z from 'zod';

const isBase64 = (value: string): boolean => {
  const bytes = Buffer.from(value, 'base64');
  return bytes.length > 0 && bytes.toString('base64') === value;
};

/** Bytes, sent as base64 (RFC 4648, section 4, with padding); empty ones are none. */
export const base64 = (rule: string) =>
  z
    .string(rule)
    .refine(isBase64, rule)
    .meta({ contentEncoding: 'base64' })
    .transform((value): Uint8Array => Buffer.from(value, 'base64'));
