import { html } from 'hono/html';
import { CHANGE_STATUSES } from '../../../domain/change-request.ts';
import { CursorError } from '../../../domain/errors.ts';
import { nameOf } from '../../../mails/words.ts';
import {
  type ChangeRequestPage,
  type ChangeRequestView,
  listChangeRequests,
} from '../../../operations/change-requests.ts';
import type { Html } from '../../layout.ts';
import { time, typed } from '../../parts.ts';
import { filterForm, selectField } from '../fields.ts';
import { consoleLayout } from '../layout.ts';
import { notFound } from '../messages.ts';
import { type Answer, type ConsolePage, consolePage, page, type Visit } from '../page.ts';
import { pager, table } from '../parts.ts';
import { PATTERNS, paths } from '../paths.ts';
import { answered } from '../refused.ts';
import { aboutWords, changeTag, changeWords, differencesInLine } from './change-parts.ts';

const PAGE = 50;

/** The changes of the guard rails that wait for a second Manager, or have. */
export const CHANGE_REQUESTS_PAGES: readonly ConsolePage[] = [
  consolePage({ method: 'GET', path: PATTERNS.changeRequests, who: 'readChangeRequests', handle: list }),
];

async function list(visit: Visit): Promise<Answer> {
  const status = CHANGE_STATUSES.find((one) => one === visit.query.get('status'));
  const after = visit.query.get('after') ?? undefined;
  try {
    const listed = await listChangeRequests(visit.context, visit.caller, { status, limit: PAGE, after });
    return await answered(visit, listed, (found) => page(listHtml(visit, status, found)));
  } catch (error) {
    // An address that was kept for too long, or typed.
    if (error instanceof CursorError) return notFound(visit);
    throw error;
  }
}

function listHtml(visit: Visit, status: string | undefined, found: ChangeRequestPage): Html {
  const title = 'Change requests';
  const main = html`<h1>${title}</h1>
<p>Changes of who is a Manager or may purge, and of what guards the keys. Each is asked for by one Manager and done when a second one approves it.</p>
${filterForm(visit, selectField({ name: 'status', label: 'State', value: status ?? '', options: [['', 'any'], ...CHANGE_STATUSES.map((one) => [one, changeWords(one)] as const)] }))}
${table({
  caption: 'Change requests, the newest first',
  rows: found.changeRequests,
  empty:
    found.cursor === undefined
      ? 'There is no such change request.'
      : 'None among those that were looked through; there are more.',
  columns: columnsOf(visit),
})}
${pager(visit, found.cursor)}`;
  return consoleLayout({ visit, title, main, wide: true });
}

const columnsOf = (visit: Visit) => [
  {
    label: 'About',
    heading: true as const,
    cell: ({ request }: ChangeRequestView) =>
      html`<a href="${visit.href(paths.changeRequest(request.id))}">${typed(aboutWords(request))}</a>`,
  },
  { label: 'State', cell: ({ status }: ChangeRequestView) => changeTag(status) },
  { label: 'What', cell: ({ request }: ChangeRequestView) => differencesInLine(request.differences) },
  {
    label: 'Asked for',
    cell: ({ request, names }: ChangeRequestView) =>
      html`<div>${typed(nameOf(request.requester, names))}</div>${time(request.requestedAt)}`,
  },
  {
    label: 'Ends',
    cell: ({ request }: ChangeRequestView) =>
      request.status === 'pending' ? time(request.windowEndsAt) : time(request.endedAt),
  },
];
