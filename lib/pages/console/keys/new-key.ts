import { html } from 'hono/html';
import * as z from 'zod';
import { ALIAS_RULE, isAlias, MOST_ALIASES } from '../../../domain/alias.ts';
import { DEFAULT_KEY_RING } from '../../../domain/key-ring.ts';
import type { Refusal } from '../../../domain/refusal.ts';
import { text, textRule } from '../../../http/text.ts';
import { createKey } from '../../../operations/create-key.ts';
import { formErrors, formField, selectField, tickField } from '../fields.ts';
import { csrfField, type FieldErrors, readForm } from '../form.ts';
import { consoleLayout } from '../layout.ts';
import { notForYou } from '../messages.ts';
import { type Answer, type PageStatus, page, seeOther, type Visit } from '../page.ts';
import { paths } from '../paths.ts';
import { refusalInWords } from '../refused.ts';
import { ringsFor } from './rings.ts';

const LONGEST_NAME = 90;
const LONGEST_DESCRIPTION = 240;
const ALIASES_RULE = `At most ${MOST_ALIASES}, each of ${ALIAS_RULE}`;
const NAME_RULE = `A name is ${textRule(2, LONGEST_NAME)}`;
const DESCRIPTION_RULE = `A description is ${textRule(2, LONGEST_DESCRIPTION)}`;

/** Several in one field, with blanks or commas between them. */
const aliases = z
  .string()
  .default('')
  .transform((given) => [...new Set(given.split(/[\s,]+/).filter((alias) => alias !== ''))])
  .refine((given) => given.length <= MOST_ALIASES && given.every(isAlias), ALIASES_RULE);

const FORM = z.object({
  name: z
    .string(NAME_RULE)
    .trim()
    .refine((name) => text(2, LONGEST_NAME).safeParse(name).success, NAME_RULE),
  kind: z.enum(['root', 'standard'], 'Choose what it is for'),
  description: z
    .string()
    .trim()
    .default('')
    .refine(
      (given) => given === '' || text(2, LONGEST_DESCRIPTION).safeParse(given).success,
      DESCRIPTION_RULE,
    ),
  aliases,
  ring: z.string().max(100).default(DEFAULT_KEY_RING),
  twoPeople: z.literal('true').optional(),
});

interface Shown {
  readonly errors: FieldErrors;
  readonly values: { readonly [field: string]: string };
  readonly status: PageStatus;
}

/** A key of which the material is made here; what is imported comes through the API or the command line. */
export async function showNewKey(visit: Visit, shown?: Shown): Promise<Answer> {
  const { errors = {}, values = {}, status = 200 } = shown ?? {};
  const rings = await ringsFor(visit, 'createKey');
  if (rings.length === 0) return notForYou(visit);
  const title = 'Create a key';
  const byPolicy = visit.caller.instance.dualAuthDelete?.enabled === true;
  const main = html`<div class="narrow">
${formErrors(errors)}
<h1>${title}</h1>
<form method="post" action="${visit.href(paths.newKey)}">
${csrfField(visit)}
${formField({ name: 'name', label: 'Name', hint: 'Everybody who can see the key reads it, in mails as well. Put no secret in it.', value: values.name, error: errors.name, required: true, maxLength: LONGEST_NAME })}
${selectField({
  name: 'kind',
  label: 'Kind',
  hint: 'A root key wraps other keys and never leaves. A standard key’s material can be read through the API.',
  value: values.kind ?? 'root',
  error: errors.kind,
  options: [
    ['root', 'root key'],
    ['standard', 'standard key'],
  ],
})}
${formField({ name: 'description', label: 'Description (optional)', value: values.description, error: errors.description, long: true, maxLength: LONGEST_DESCRIPTION })}
${selectField({ name: 'ring', label: 'Key ring', value: values.ring ?? DEFAULT_KEY_RING, error: errors.ring, options: rings.map((ring) => [ring, ring] as const) })}
${formField({ name: 'aliases', label: 'Aliases (optional)', hint: `${ALIASES_RULE}. With blanks between them.`, value: values.aliases, error: errors.aliases, maxLength: 500 })}
${
  byPolicy
    ? html`<p class="hint after">The instance has it that the deletion of this key will need two people.</p>`
    : tickField({
        name: 'twoPeople',
        label: 'Its deletion needs two people',
        hint: 'Once that is so it stays so, until the key is destroyed.',
        checked: shown === undefined || values.twoPeople === 'true',
        error: errors.twoPeople,
      })
}
<div class="submit"><button type="submit" class="first">Create the key</button></div>
</form>
<p class="hint after">The material is made here, of 256 random bits. To import your own use the API or the command line.</p>
</div>`;
  const isRight = Object.keys(errors).length === 0;
  return page(
    consoleLayout({ visit, title: isRight ? title : `Error: ${title}`, current: paths.keys, main }),
    status,
  );
}

export async function makeKey(visit: Visit): Promise<Answer> {
  const read = readForm(visit, FORM);
  if (!read.ok) return showNewKey(visit, { ...read, status: 422 });
  const { name, kind, description, ring, twoPeople } = read.value;
  const caller = { ...visit.caller, keyRingId: ring };
  const created = await createKey(visit.context, caller, {
    name,
    extractable: kind === 'standard',
    aliases: read.value.aliases,
    ...(description !== '' && { description }),
    ...(twoPeople !== undefined && { dualAuthDelete: true }),
  });
  if (created.ok) return seeOther(paths.key(created.value.key.id), 'key-created');
  if (created.refusal.code === 'access-denied') return notForYou(visit);
  const values = Object.fromEntries(visit.form);
  return showNewKey(visit, { errors: errorsOf(created.refusal), values, status: 422 });
}

const FIELDS: { readonly [code: string]: string } = {
  'alias-in-use': 'aliases',
  'key-ring-not-found': 'ring',
  'approver-missing': 'twoPeople',
  'key-access': 'kind',
};

function errorsOf(refusal: Refusal): FieldErrors {
  return { [FIELDS[refusal.code] ?? '']: refusalInWords(refusal).message };
}
