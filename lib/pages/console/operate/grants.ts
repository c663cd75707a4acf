import { html } from 'hono/html';
import * as z from 'zod';
import { ROLES } from '../../../domain/person.ts';
import { type GrantName, grantName } from '../../../domain/person-change.ts';
import { text } from '../../../http/text.ts';
import type { GrantRequest } from '../../../operations/grants.ts';
import type { Html } from '../../layout.ts';
import { formField, selectField } from '../fields.ts';
import type { FieldErrors } from '../form.ts';
import { type Attempt, filled, LONGEST_REASON } from './shared.ts';

export const ROLE = z.enum(ROLES, 'Choose one of the roles');

/** Left empty, it is not there. */
const emptyOr = <T extends z.ZodType>(schema: T) =>
  z.preprocess((sent) => (sent === '' ? undefined : sent), schema.optional());

/** Why, for whoever decides and for the history. */
export const REASON = z.preprocess(
  (sent) => (typeof sent === 'string' ? sent.trim().replace(/\s+/g, ' ') || undefined : sent),
  text(1, LONGEST_REASON).optional(),
);

/** One more role on a part of the instance: the fields of `newGrantFields`. */
export const NEW_GRANT = {
  newRole: emptyOr(ROLE),
  newOn: emptyOr(z.enum(['keyRing', 'key'], 'Choose a key ring or a key')),
  newTarget: emptyOr(z.string().trim().max(255, 'This is no name of a key or key ring')),
};

type NewGrant = z.output<z.ZodObject<typeof NEW_GRANT>>;

/** What is missing of it; nothing where none is asked for, or all of it is there. */
export function incomplete({ newRole, newTarget }: NewGrant): FieldErrors {
  if (newRole !== undefined && newTarget === undefined) return { newTarget: 'Say on which key or key ring' };
  if (newRole === undefined && newTarget !== undefined) return { newRole: 'Choose the role' };
  return {};
}

/** The grant that the fields ask for, if any. */
export const grantOf = ({ newRole, newOn = 'keyRing', newTarget }: NewGrant): readonly GrantRequest[] =>
  newRole === undefined || newTarget === undefined ? [] : [{ role: newRole, [newOn]: newTarget }];

/** `Reader@ring:payroll` back into what it names; undefined for anything else. */
export function grantNamed(name: string): GrantRequest | undefined {
  const [, role, kind, id] = /^(\w+)@(ring|key):(.{1,255})$/s.exec(name) ?? [];
  const known = ROLES.find((one) => one === role);
  if (known === undefined || id === undefined) return undefined;
  return kind === 'key' ? { role: known, key: id } : { role: known, keyRing: id };
}

/** As a form names what somebody has. */
export const nameOfGrant = (grant: GrantName): string => grantName(grant);

export const newGrantFields = (attempt: Attempt | undefined): Html => html`<fieldset>
<legend>A role on a part of the instance</legend>
${selectField({ name: 'newRole', label: 'Role', value: filled(attempt, 'newRole'), error: attempt?.errors.newRole, options: [['', 'none'], ...ROLES.map((role) => [role, role] as const)] })}
${selectField({
  name: 'newOn',
  label: 'On',
  value: filled(attempt, 'newOn'),
  error: attempt?.errors.newOn,
  options: [
    ['keyRing', 'a key ring'],
    ['key', 'a key'],
  ],
})}
${formField({ name: 'newTarget', label: 'Which', hint: 'The id of the key ring, or the id or an alias of the key', value: filled(attempt, 'newTarget'), error: attempt?.errors.newTarget, maxLength: 255 })}
</fieldset>
`;

export const reasonField = (attempt: Attempt | undefined): Html =>
  formField({
    name: 'reason',
    label: 'Reason (optional)',
    hint: 'For whoever decides about it, and for the history',
    value: filled(attempt, 'reason'),
    error: attempt?.errors.reason,
    maxLength: LONGEST_REASON,
  });
