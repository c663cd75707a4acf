import * as z from 'zod';
import type { EpochMillis } from '../domain/time.ts';
import type { NewKey } from '../operations/create-key.ts';
import { isKeyId } from '../operations/records/key.ts';
import { invalidField, NOT_SUPPORTED } from './bad-request.ts';
import { fields } from './body.ts';
import { text } from './text.ts';

/** What Key Protect's own paths are named; a key of that name could not be reached. */
const RESERVED: ReadonlySet<string> = new Set(
  'allowed_ip key keys metadata policy policies registration registrations ring rings rotate wrap unwrap rewrap version versions'.split(
    ' ',
  ),
);

const ALIAS_FORM = /^[A-Za-z0-9_-]{2,90}$/;

/** Whether a path can name a key by this: what is no version 4 UUID is an alias. */
export const canNameKey = (idOrAlias: string): boolean => ALIAS_FORM.test(idOrAlias);

const ALIAS_RULE = '2 to 90 letters, digits, `-` and `_`, no version 4 UUID, and no reserved word';
const ALIASES_RULE = `at most 5 different aliases, each of ${ALIAS_RULE}`;

const alias = z
  .string(ALIAS_RULE)
  .refine((name) => ALIAS_FORM.test(name) && !isKeyId(name) && !RESERVED.has(name), ALIASES_RULE);

const isBase64 = (value: string): boolean => {
  const bytes = Buffer.from(value, 'base64');
  return bytes.length > 0 && bytes.toString('base64') === value;
};

/** Bytes, sent as base64 (RFC 4648, section 4, with padding); empty ones are none. */
export const base64 = (rule: string) =>
  z
    .string(rule)
    .refine(isBase64, rule)
    .transform((value): Uint8Array => Buffer.from(value, 'base64'));

const DATE_RULE = 'a date and time (RFC 3339) in the future';
const DATE = z.iso.datetime({ offset: true, error: DATE_RULE }).transform((value) => Date.parse(value));

const unsupported = z.undefined(NOT_SUPPORTED).optional();

const distinct = (values: readonly string[]): boolean => new Set(values).size === values.length;

const KEY_FIELDS = {
  type: z.string('a media type').optional(),
  name: text(2, 90),
  description: text(2, 240).optional(),
  tags: z.array(text(1, 30), 'an array').max(30, 'at most 30 tags').optional(),
  aliases: z.array(alias, 'an array').max(5, ALIASES_RULE).refine(distinct, ALIASES_RULE).optional(),
  extractable: z.boolean('true (a standard key) or false (a root key)').default(true),
  expirationDate: DATE.optional(),
  payload: base64('base64 encoded key material').optional(),
  encryptedNonce: unsupported,
  iv: unsupported,
  encryptionAlgorithm: unsupported,
  rotation: unsupported,
};

/** A key to create, which takes on the instance's policies. */
export const NEW_KEY = fields({ ...KEY_FIELDS, dualAuthDelete: unsupported });

export const ENABLED = fields({ enabled: z.boolean('true or false') });

/** A key to create with policies of its own in the place of the instance's. */
export const NEW_KEY_WITH_POLICIES = fields({ ...KEY_FIELDS, dualAuthDelete: ENABLED.optional() });

type NewKeyFields = Omit<z.infer<typeof NEW_KEY>, 'dualAuthDelete'>;

const ROOT_KEY_BYTES: readonly number[] = [16, 24, 32];
const MOST_PAYLOAD_BYTES = 7_500;

/** What the fields ask for, once it is known that they fit one another. @throws RequestProblem */
export function newKeyOf(given: NewKeyFields, now: EpochMillis): NewKey {
  const { name, extractable, description, tags, aliases, payload, expirationDate } = given;
  if (expirationDate !== undefined && !(expirationDate > now)) {
    throw invalidField('expirationDate', DATE_RULE);
  }
  if (payload !== undefined) checkLength(payload, extractable);
  return {
    name,
    extractable,
    ...(description !== undefined && { description }),
    ...(tags !== undefined && { tags }),
    ...(aliases !== undefined && { aliases }),
    ...(payload !== undefined && { payload }),
    ...(expirationDate !== undefined && { expiresAt: expirationDate }),
  };
}

function checkLength({ length }: Uint8Array, extractable: boolean): void {
  if (extractable && length > MOST_PAYLOAD_BYTES) {
    throw invalidField('payload', `base64 of at most ${MOST_PAYLOAD_BYTES} bytes for a standard key`);
  }
  if (!extractable && !ROOT_KEY_BYTES.includes(length)) {
    throw invalidField('payload', 'base64 of 16, 24 or 32 bytes for a root key');
  }
}
