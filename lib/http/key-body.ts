import * as z from 'zod';
import { ALIAS_RULE, isAlias, MOST_ALIASES } from '../domain/alias.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { NewKey } from '../operations/create-key.ts';
import { invalidField, NOT_SUPPORTED } from './bad-request.ts';
import { fields } from './body.ts';
import { MATERIAL_FIELDS, materialOf } from './material-fields.ts';
import { ROTATION } from './rotation-body.ts';
import { text } from './text.ts';

const ALIASES_RULE = `at most ${MOST_ALIASES} different aliases, each of ${ALIAS_RULE}`;

const alias = z
  .string(ALIAS_RULE)
  .refine(isAlias, ALIASES_RULE)
  .meta({ pattern: '^[A-Za-z0-9_-]{2,90}$', description: ALIAS_RULE });

const DATE_RULE = 'a date and time (RFC 3339) in the future';
const DATE = z.iso
  .datetime({ offset: true, error: DATE_RULE })
  .meta({ description: 'In the future' })
  .transform((value) => Date.parse(value));

const unsupported = z.undefined(NOT_SUPPORTED).optional();

const distinct = (values: readonly string[]): boolean => new Set(values).size === values.length;

const KEY_FIELDS = {
  type: z.string('a media type').optional(),
  name: text(2, 90).meta({ examples: ['Ledger'] }),
  description: text(2, 240).optional(),
  tags: z.array(text(1, 30), 'an array').max(30, 'at most 30 tags').optional(),
  aliases: z
    .array(alias, 'an array')
    .max(MOST_ALIASES, ALIASES_RULE)
    .refine(distinct, ALIASES_RULE)
    .optional(),
  extractable: z.boolean('true (a standard key) or false (a root key)').default(true),
  expirationDate: DATE.optional(),
  ...MATERIAL_FIELDS,
  rotation: unsupported,
};

/** A key to create, which takes on the instance's policies. */
export const NEW_KEY = fields({ ...KEY_FIELDS, dualAuthDelete: unsupported });

export const ENABLED = fields({ enabled: z.boolean('true or false') });

/** A key to create with policies of its own in the place of the instance's. */
export const NEW_KEY_WITH_POLICIES = fields({
  ...KEY_FIELDS,
  dualAuthDelete: ENABLED.optional(),
  rotation: ROTATION.optional(),
});

type NewKeyFields = Omit<z.infer<typeof NEW_KEY>, 'dualAuthDelete' | 'rotation'>;

/** What the fields ask for, once it is known that they fit one another. @throws RequestProblem */
export function newKeyOf(given: NewKeyFields, now: EpochMillis): NewKey {
  const { name, extractable, description, tags, aliases, expirationDate } = given;
  if (expirationDate !== undefined && !(expirationDate > now)) {
    throw invalidField('expirationDate', DATE_RULE);
  }
  return {
    name,
    extractable,
    ...(description !== undefined && { description }),
    ...(tags !== undefined && { tags }),
    ...(aliases !== undefined && { aliases }),
    ...materialOf(given, { extractable }),
    ...(expirationDate !== undefined && { expiresAt: expirationDate }),
  };
}
