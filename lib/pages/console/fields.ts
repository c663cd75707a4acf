import { html } from 'hono/html';
import type { Html } from '../layout.ts';
import { errorSummary } from '../parts.ts';
import type { FieldErrors } from './form.ts';
import type { OpenVisit } from './page.ts';

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly error?: string | undefined;
  readonly value?: string | undefined;
  readonly required?: boolean;
}

export interface TextField extends Field {
  readonly type?: 'text' | 'email' | 'password' | 'search' | 'date' | 'number';
  /** True: several lines. */
  readonly long?: boolean;
  readonly maxLength?: number;
  /** `off` where it is left out. */
  readonly autocomplete?: string;
  /** True: no wider than an id, in letters of one width. */
  readonly short?: boolean;
}

const described = ({ name, hint, error }: Field): Html | '' =>
  hint === undefined && error === undefined
    ? ''
    : html` aria-describedby="${[hint !== undefined && `${name}-hint`, error !== undefined && `${name}-error`].filter(Boolean).join(' ')}"`;

// The first wrong field gets the cursor: the error summary leads to it as well.
const wrong = ({ error }: Field): Html | '' =>
  error === undefined ? '' : html` aria-invalid="true" autofocus`;

const above = ({ name, label, hint, error }: Field): Html => html`<label for="${name}">${label}</label>
${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`}
${error !== undefined && html`<p class="field-error" id="${name}-error">${error}</p>`}
`;

/** A field to type into, with its label, its hint and what is wrong with it. */
export function formField(field: TextField): Html {
  const { name, value, required, type = 'text', long, maxLength, short, autocomplete = 'off' } = field;
  const rest = html`${required === true && html` required`}${maxLength !== undefined && html` maxlength="${maxLength}"`} autocomplete="${autocomplete}"${described(field)}${wrong(field)}`;
  const input =
    long === true
      ? html`<textarea id="${name}" name="${name}" rows="3"${rest}>${value}</textarea>`
      : html`<input id="${name}" name="${name}" type="${type}" value="${value}"${short === true && html` class="short" autocapitalize="none" spellcheck="false"`}${rest}>`;
  return html`<div>${above(field)}${input}</div>
`;
}

/** One of several values. */
export const selectField = (
  field: Field & { readonly options: readonly (readonly [value: string, words: string])[] },
): Html => html`<div>${above(field)}<select id="${field.name}" name="${field.name}"${described(field)}${wrong(field)}>
${field.options.map(
  ([value, words]) =>
    html`<option value="${value}"${value === field.value && html` selected`}>${words}</option>
`,
)}</select></div>
`;

/** A box to tick. One that is not ticked sends nothing. @param value what it sends; `true` where it is left out. */
export const tickField = (field: Field & { readonly checked?: boolean; readonly id?: string }): Html => {
  const { name, label, hint, error, value = 'true', checked, id = name } = field;
  return html`${hint !== undefined && html`<p class="hint after" id="${id}-hint">${hint}</p>`}
${error !== undefined && html`<p class="field-error" id="${id}-error">${error}</p>`}
<label class="tick" for="${id}"><input type="checkbox" id="${id}" name="${name}" value="${value}" autocomplete="off"${checked === true && html` checked`}${described({ ...field, name: id })}${wrong(field)}> ${label}</label>
`;
};

/** A form that only looks: it goes into the address, so that it can be kept and sent to others. */
export const filterForm = (
  visit: OpenVisit,
  fields: Html,
  submit = 'Show',
): Html => html`<form class="filter" method="get" action="${visit.href(visit.path)}" role="search">
${fields}
<div class="submit"><button type="submit">${submit}</button> <a class="go" href="${visit.href(visit.path)}">Clear</a></div>
</form>`;

/** What is wrong with a form, first thing on the page, with a way to the first field. Nothing for one that is right. */
export function formErrors(errors: FieldErrors | undefined): Html | '' {
  const [first] = Object.entries(errors ?? {});
  if (first === undefined) return '';
  const [field, message] = first;
  return errorSummary(message, field === '' ? undefined : field);
}
