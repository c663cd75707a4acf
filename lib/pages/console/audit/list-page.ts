import { html } from 'hono/html';
import type { Authorization } from '../../../domain/authorization.ts';
import { type AuthorizationFilter, decidedAt, decidedBy } from '../../../domain/authorization-filter.ts';
import { nameOf } from '../../../mails/words.ts';
import type { ListedAuthorization, ListedAuthorizations } from '../../../operations/list-authorizations.ts';
import type { Html } from '../../layout.ts';
import { time, typed } from '../../parts.ts';
import { filterForm, formErrors, formField, selectField } from '../fields.ts';
import type { FieldErrors } from '../form.ts';
import { consoleLayout } from '../layout.ts';
import type { Visit } from '../page.ts';
import { EVERY_STATUS, pager, statusTag, statusWords, table } from '../parts.ts';
import { paths } from '../paths.ts';
import { TIME_HINT, timeFrom } from './time-field.ts';

export interface ReadFilter {
  readonly filter: AuthorizationFilter;
  readonly errors: FieldErrors;
}

const KEY_ID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** What the address asks for; what cannot be read does not narrow, and is said. */
export function readFilter({ query }: Pick<Visit, 'query'>): ReadFilter {
  const text = (name: string) => query.get(name)?.trim() || undefined;
  const status = EVERY_STATUS.find((one) => one === query.get('status'));
  const from = timeFrom(query.get('from'), 'from');
  const to = timeFrom(query.get('to'), 'to');
  const key = text('key');
  const wrongKey = key !== undefined && !KEY_ID.test(key);
  return {
    filter: {
      status,
      keyId: wrongKey ? undefined : key?.toLowerCase(),
      requester: text('requester'),
      approver: text('approver'),
      from: from.value,
      to: to.value,
    },
    errors: {
      ...(wrongKey && { key: 'This is no id of a key: it is a UUID' }),
      ...(from.error !== undefined && { from: from.error }),
      ...(to.error !== undefined && { to: to.error }),
    },
  };
}

/** Every authorization of the keys that somebody may read, with filters that stand in the address. */
export function listPage(visit: Visit, { errors }: ReadFilter, listed: ListedAuthorizations): Html {
  const title = 'Authorizations';
  const { authorizations, emails, cursor } = listed;
  return consoleLayout({
    visit,
    title: Object.keys(errors).length === 0 ? title : `Error: ${title}`,
    wide: true,
    main: html`${formErrors(errors)}
<h1>${title}</h1>
<p>Every deletion that somebody asked for, of every key that you may read; the newest first.</p>
${filters(visit, errors, emails)}
${table({
  caption: 'Authorizations of deletions',
  rows: authorizations,
  empty:
    cursor === undefined
      ? 'There is no such authorization.'
      : 'None among those that were looked through; there are more.',
  columns: columns(visit, emails),
})}
${pager(visit, cursor)}`,
  });
}

type Names = ListedAuthorizations['emails'];

function filters({ query, ...visit }: Visit, errors: FieldErrors, emails: Names): Html {
  const value = (name: string) => query.get(name) ?? '';
  const people = Object.keys(emails)
    .map((id) => [id, nameOf(id, emails)] as const)
    .sort(([, a], [, b]) => (a < b ? -1 : 1));
  const somebody = [['', 'anybody'], ...people] as const;
  const field = (name: string) => ({ name, value: value(name), error: errors[name] });
  return filterForm(
    { ...visit, query },
    html`${selectField({ ...field('status'), label: 'State', options: [['', 'any'], ...EVERY_STATUS.map((one) => [one, statusWords(one)] as const)] })}
${selectField({ ...field('requester'), label: 'Asked for by', options: somebody })}
${selectField({ ...field('approver'), label: 'Approved by', options: somebody })}
${formField({ ...field('key'), label: 'Key', hint: 'Its id', maxLength: 36 })}
${formField({ ...field('from'), label: 'Asked for from', hint: TIME_HINT, maxLength: 40 })}
${formField({ ...field('to'), label: 'Asked for until', hint: TIME_HINT, maxLength: 40 })}`,
  );
}

const columns = (visit: Visit, emails: Names) => {
  const person = (id: string) => typed(nameOf(id, emails));
  return [
    {
      label: 'Key',
      heading: true as const,
      cell: ({ authorization: { id, keyId }, key }: ListedAuthorization) =>
        html`<a href="${visit.href(paths.authorization(keyId, id))}">${typed(key.name)}</a>`,
    },
    {
      label: 'State',
      cell: ({ authorization: { status, round } }: ListedAuthorization) =>
        html`${statusTag(status)}${round > 1 && html`<div>round ${round}</div>`}`,
    },
    { label: 'Asked for', cell: ({ authorization }: ListedAuthorization) => asked(authorization, person) },
    { label: 'Reason', cell: ({ authorization }: ListedAuthorization) => reason(authorization) },
    { label: 'Decided', cell: ({ authorization }: ListedAuthorization) => decided(authorization, person) },
    {
      label: 'Waits for',
      cell: ({ waitsFor, authorization }: ListedAuthorization) =>
        waitsFor.length === 0
          ? '–'
          : html`${waitsFor.map((id, i) => html`${i > 0 && ', '}${person(id)}`)}<div>until ${time(authorization.status === 'pending' ? authorization.windowEndsAt : authorization.reauthorizeEndsAt)}</div>`,
    },
  ];
};

const asked = ({ requester, requestedAt }: Authorization, person: (id: string) => Html): Html =>
  html`<div>${person(requester)}</div>${time(requestedAt)}`;

const reason = ({ manifest }: Authorization): Html | string => {
  const said = [manifest.reason, manifest.ticket].filter((text) => text !== undefined);
  return said.length === 0 ? '–' : html`${said.map((text) => html`<div>${typed(text)}</div>`)}`;
};

function decided(authorization: Authorization, person: (id: string) => Html): Html | string {
  const by = decidedBy(authorization);
  const at = decidedAt(authorization);
  return by === undefined || at === undefined ? '–' : html`<div>${person(by)}</div>${time(at)}`;
}
