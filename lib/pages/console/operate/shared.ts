import { html } from 'hono/html';
import { requestsFrozen } from '../../../domain/frozen-requests.ts';
import type { Instance } from '../../../domain/instance.ts';
import { displayNameOf, type Person, type PersonId, ROLES, type Scope } from '../../../domain/person.ts';
import type { Refusal } from '../../../domain/refusal.ts';
import type { Html } from '../../layout.ts';
import { typed } from '../../parts.ts';
import { tickField } from '../fields.ts';
import type { FieldErrors } from '../form.ts';
import type { Notice } from '../notices.ts';
import { type Answer, type PageStatus, seeOther, type Visit } from '../page.ts';
import { tag } from '../parts.ts';
import { paths } from '../paths.ts';
import { refusalInWords } from '../refused.ts';

/** The longest reason or note, in UTF-16 code units: as the API takes them. */
export const LONGEST_REASON = 500;

/** A form that is shown again: what is wrong with it, and what was filled in. */
export interface Attempt {
  readonly status: PageStatus;
  readonly errors: FieldErrors;
  readonly form: URLSearchParams;
}

/** A form that has a field that cannot be read. */
export const mistaken = ({ form }: Visit, errors: FieldErrors): Attempt => ({ status: 422, errors, form });

/** A form that was refused; beside the field where the form has the one that the refusal names. */
export function refusedForm({ form }: Visit, refusal: Refusal, fields: readonly string[] = []): Attempt {
  const { status, message, field = '' } = refusalInWords(refusal);
  return { status, errors: { [fields.includes(field) ? field : '']: message }, form };
}

/** What stands in a field: what was typed into it, else what there is. */
export const filled = (attempt: Attempt | undefined, name: string, otherwise = ''): string =>
  attempt?.form.get(name) ?? otherwise;

export const titled = (title: string, attempt: Attempt | undefined): string =>
  attempt === undefined ? title : `Error: ${title}`;

/** What came of something that may need a second Manager. */
interface Outcome {
  readonly waits?: { readonly id: string };
  readonly exempt?: 'trial';
}

/** To the change request where one waits now, else back, saying that it is done. */
export function done(outcome: Outcome, back: string, notice: Notice): Answer {
  if (outcome.waits !== undefined) return seeOther(paths.changeRequest(outcome.waits.id), 'change-asked');
  return seeOther(back, outcome.exempt === undefined ? notice : 'done-in-trial');
}

/** What is said before somebody changes what needs two people. */
export const aboutTwo = ({ trial }: Pick<Instance, 'trial'>, what: string): Html =>
  trial
    ? html`<p class="hint after">This is a trial: everything is done at once. Once it has ended, ${what} needs a second Manager.</p>`
    : html`<p class="hint after">Where it means ${what}, nothing is changed at once: it becomes a change request, and is done when a second Manager approves it.</p>`;

/** Where a role is held. */
export const scopeWords = (visit: Visit, on: Scope | undefined): Html => {
  if (on === undefined) return html`the whole instance`;
  if ('keyRing' in on) return html`key ring ${typed(on.keyRing)}`;
  return html`key <a href="${visit.href(paths.key(on.key))}"><code>${on.key}</code></a>`;
};

/** The same for a label, which holds no link. */
export const scopeText = (on: Scope): string =>
  'keyRing' in on ? `key ring ${on.keyRing}` : `key ${on.key}`;

/** Whether somebody counts, and what stands in the way of it. */
export function personTags(person: Person): Html {
  const { status, ownerGone, claim, keyShownIn } = person;
  return html`${status === 'frozen' ? tag('frozen', 'danger') : ownerGone === true ? tag('its owner is gone', 'danger') : tag('active', 'good')}
${requestsFrozen(person) && tag('requests stopped', 'danger')}
${claim !== undefined && tag('link to an API key mailed', 'waiting')}
${keyShownIn !== undefined && tag(KEY_SEEN[keyShownIn], 'waiting')}`;
}

const KEY_SEEN = {
  terminal: 'API key stood in a terminal',
  answer: 'API key seen by others',
} as const;

/** Names by id, for those who are there. */
export const namesOf = (people: readonly Person[]): ReadonlyMap<PersonId, string> =>
  new Map(people.map((person) => [person.id, displayNameOf(person)]));

/** A box for each role. @param held those that are ticked. */
export const roleTicks = (name: string, held: readonly string[], error?: string): Html => html`<fieldset>
<legend>Roles on the whole instance</legend>
${error !== undefined && html`<p class="field-error" id="${name}-error">${error}</p>`}
${ROLES.map((role, i) => tickField({ name, id: i === 0 ? name : `${name}-${role}`, label: role, value: role, checked: held.includes(role) }))}</fieldset>
`;
