import { html } from 'hono/html';
import type { Status } from '../../domain/authorization.ts';
import type { Html } from '../layout.ts';
import type { OpenVisit } from './page.ts';

export interface Column<T> {
  readonly label: string;
  readonly cell: (row: T) => Html | string;
  /** True for the one column that names the row. */
  readonly heading?: true;
  /** Right-aligned. */
  readonly number?: true;
}

/** A table that is a list of labelled values on a phone. Roles are spelled out: changing `display` takes them away. */
export const table = <T>({
  caption,
  columns,
  rows,
  empty,
}: {
  /** What is in it, for everybody to read. */
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  /** Said in its place when it has no rows. */
  readonly empty: string;
}): Html =>
  rows.length === 0
    ? html`<p>${empty}</p>`
    : html`<table role="table">
<caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${columns.map(
        ({ label, number }) =>
          html`<th role="columnheader" scope="col"${number === true && html` class="number"`}>${label}</th>`,
      )}</tr></thead>
<tbody role="rowgroup">
${rows.map(
  (row) => html`<tr role="row">${columns.map((column) => cellOf(column, row))}</tr>
`,
)}</tbody>
</table>`;

const cellOf = <T>({ label, cell, heading, number }: Column<T>, row: T): Html =>
  heading === true
    ? html`<th role="rowheader" scope="row">${cell(row)}</th>`
    : html`<td role="cell" data-label="${label}"${number === true && html` class="number"`}>${cell(row)}</td>`;

/**
 * The way to the next page of a list and back to its start. The rest of the query stays as it is.
 * @param next the cursor of what follows, sent as the query parameter `after`; undefined at the end.
 */
export function pager(visit: OpenVisit, next: string | undefined): Html | '' {
  const isFirst = !visit.query.has('after');
  if (isFirst && next === undefined) return '';
  return html`<nav class="pager" aria-label="Pages">
${!isFirst && html`<a href="${withQuery(visit, { after: undefined })}">First page</a>`}
${next !== undefined && html`<a rel="next" href="${withQuery(visit, { after: next })}">Next page</a>`}
</nav>`;
}

/** The address of this page with some of its query changed; `undefined` takes a parameter away. */
export function withQuery(
  visit: OpenVisit,
  changes: { readonly [name: string]: string | undefined },
): string {
  const query = new URLSearchParams(visit.query);
  query.delete('notice');
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  return visit.href(text === '' ? visit.path : `${visit.path}?${text}`);
}

/** What something is, in a word that does not need its colour. */
export const tag = (words: string, tone: 'good' | 'danger' | 'waiting' | 'quiet'): Html =>
  html`<span class="tag ${tone}">${words}</span>`;

/** In the order of a request's life. */
const STATUSES: { readonly [status in Status]: readonly [words: string, tone: Parameters<typeof tag>[1]] } = {
  pending: ['waits for approval', 'waiting'],
  lapsed: ['not approved in time', 'waiting'],
  drifted: ['what would be lost has changed', 'waiting'],
  approved: ['approved, being carried out', 'danger'],
  destroying: ['key is being destroyed', 'danger'],
  consumed: ['key destroyed', 'danger'],
  denied: ['denied', 'good'],
  withdrawn: ['withdrawn', 'quiet'],
  expired: ['expired', 'quiet'],
  superseded: ['asked for anew', 'quiet'],
  void: ['not carried out: did not count', 'quiet'],
  refused: ['not carried out: refused', 'quiet'],
};

/** Every status that there is, in the same order. */
export const EVERY_STATUS = Object.keys(STATUSES) as readonly Status[];

export const statusTag = (status: Status): Html => tag(...STATUSES[status]);

/** The words of a status alone, for filters and titles. */
export const statusWords = (status: Status): string => STATUSES[status][0];

/** Something to copy with one press where there are scripts. @param what names it to whoever cannot see it. */
export const copyable = (text: string, what: string): Html => html`<code data-copy="${what}">${text}</code>`;
