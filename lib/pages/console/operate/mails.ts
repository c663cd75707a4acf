import { html } from 'hono/html';
import * as z from 'zod';
import { CursorError } from '../../../domain/errors.ts';
import { displayNameOf } from '../../../domain/person.ts';
import { singleLine } from '../../../mails/words.ts';
import { listPeople } from '../../../operations/people.ts';
import { isPeopleMail, type OutboxRow, type UndeliveredStatus } from '../../../operations/records/mail.ts';
import {
  listUndelivered,
  resendMail,
  type UndeliveredMail,
  type UndeliveredMails,
} from '../../../operations/undelivered-mails.ts';
import type { Html } from '../../layout.ts';
import { time, typed } from '../../parts.ts';
import { filterForm, selectField } from '../fields.ts';
import { csrfField, readForm } from '../form.ts';
import { consoleLayout } from '../layout.ts';
import { notFound, unreadable } from '../messages.ts';
import { type Answer, type ConsolePage, consolePage, page, seeOther, type Visit } from '../page.ts';
import { pager, table, tag } from '../parts.ts';
import { PATTERNS, paths } from '../paths.ts';
import { refusedPage } from '../refused.ts';

const PAGE = 50;

/** Mails that were tried and did not go out, or came back. */
export const MAIL_PAGES: readonly ConsolePage[] = [
  consolePage({ method: 'GET', path: PATTERNS.mails, who: 'manageMails', handle: list }),
  consolePage({ method: 'POST', path: PATTERNS.mails, who: 'manageMails', handle: again }),
];

const BACK = { path: paths.mails, label: 'Back to the mails' };

async function list(visit: Visit): Promise<Answer> {
  const { context, caller, query } = visit;
  const status = statusOf(query.get('status'));
  const personId = query.get('person') || undefined;
  const after = query.get('after');
  try {
    const [listed, people] = await Promise.all([
      listUndelivered(context, caller, { status, personId, limit: PAGE, ...(after !== null && { after }) }),
      listPeople(context, caller),
    ]);
    if (!listed.ok) return refusedPage(visit, listed.refusal);
    const users = people.ok ? people.value.filter(({ kind }) => kind === 'user') : [];
    const choices = users.map((user) => [user.id, displayNameOf(user)] as const);
    return page(listHtml(visit, { status, personId, choices }, listed.value));
  } catch (error) {
    // An address that was kept for too long, or typed.
    if (error instanceof CursorError) return notFound(visit);
    throw error;
  }
}

const statusOf = (text: string | null): UndeliveredStatus => (text === 'due' ? 'due' : 'given-up');

const FORM = z.object({ mail: z.string().max(100), status: z.string().max(20).optional() });

async function again(visit: Visit): Promise<Answer> {
  const read = readForm(visit, FORM);
  if (!read.ok) return unreadable(visit);
  const sent = await resendMail(visit.context, visit.caller, read.value.mail);
  if (!sent.ok) return refusedPage(visit, sent.refusal, BACK);
  const back = new URLSearchParams({ status: statusOf(read.value.status ?? null) });
  return seeOther(`${paths.mails}?${back.toString()}`, 'mail-again');
}

interface Filter {
  readonly status: UndeliveredStatus;
  readonly personId: string | undefined;
  readonly choices: readonly (readonly [id: string, name: string])[];
}

function listHtml(visit: Visit, { status, personId, choices }: Filter, listed: UndeliveredMails): Html {
  const title = 'Undelivered mails';
  const fields = html`${selectField({
    name: 'status',
    label: 'State',
    value: status,
    options: [
      ['given-up', 'given up'],
      ['due', 'going to be tried again'],
    ],
  })}
${selectField({ name: 'person', label: 'To', value: personId ?? '', options: [['', 'anybody'], ...choices] })}`;
  const main = html`<h1>${title}</h1>
<p>Mails that were tried and did not go out, or came back, the newest first. One that is sent again has a link that works, and is left out when nobody needs it any more.</p>
${filterForm(visit, fields)}
${table({
  caption:
    status === 'due'
      ? 'Mails that are going to be tried again'
      : 'Mails that are not tried again by themselves',
  rows: listed.mails,
  empty:
    listed.cursor === undefined
      ? status === 'due'
        ? 'No mail waits to be tried again.'
        : 'No mail was given up.'
      : 'None among those that were looked through; there are more.',
  columns: columnsOf(visit, status),
})}
${pager(visit, listed.cursor)}`;
  return consoleLayout({ visit, title, current: paths.mails, main, wide: true });
}

const columnsOf = (visit: Visit, status: UndeliveredStatus) => [
  {
    label: 'To',
    heading: true as const,
    cell: ({ to }: UndeliveredMail) => (to === undefined ? 'nobody who is known any more' : typed(to)),
  },
  { label: 'About', cell: ({ row }: UndeliveredMail) => aboutCell(visit, row) },
  {
    label: 'State',
    cell: ({ row }: UndeliveredMail) =>
      row.status === 'due'
        ? html`${tag('is tried again', 'waiting')} ${time(row.notBefore)}`
        : tag('given up', 'danger'),
  },
  { label: 'Attempts', number: true as const, cell: ({ row }: UndeliveredMail) => String(row.attempts) },
  { label: 'What went wrong', cell: ({ row }: UndeliveredMail) => typed(row.problem ?? 'not known') },
  { label: 'Written', cell: ({ row }: UndeliveredMail) => time(row.createdAt) },
  { label: 'Again', cell: (mail: UndeliveredMail) => againForm(visit, mail, status) },
];

const againForm = (visit: Visit, { id, to, row }: UndeliveredMail, status: UndeliveredStatus): Html =>
  html`<form method="post" action="${visit.href(paths.mails)}">${csrfField(visit)}<input type="hidden" name="status" value="${status}"><button type="submit" name="mail" value="${id}" aria-label="Send again: ${ABOUT[row.template]}, to ${singleLine(to ?? 'nobody')}">Send again</button></form>`;

const aboutCell = (visit: Visit, row: OutboxRow): Html =>
  isPeopleMail(row)
    ? html`${ABOUT[row.template]}`
    : html`<a href="${visit.href(paths.authorization(row.keyId, row.authorizationId))}">${ABOUT[row.template]}</a>`;

/** What each mail is about, in a few words. */
const ABOUT: { readonly [template in OutboxRow['template']]: string } = {
  'approval-requested': 'approval asked for',
  'half-time-reminder': 'reminder at half time',
  'last-day-reminder': 'reminder on the last day',
  'window-closed': 'not approved in time',
  'loss-changed': 'what would be lost has changed',
  'key-destroyed': 'key destroyed',
  denied: 'deletion denied',
  unexpected: 'deletion not expected',
  withdrawn: 'deletion withdrawn',
  superseded: 'deletion asked for anew',
  expired: 'deletion expired',
  'deletion-stalled': 'deletion does not go on',
  'not-carried-out': 'deletion not carried out',
  'became-manager': 'somebody became a Manager',
  'may-purge': 'somebody may purge destroyed keys',
  'address-changed': 'an address was changed',
  'manager-ended': 'somebody is no Manager any more',
  'person-ended': 'removed or frozen',
  'api-key-link': 'link to an API key',
  'api-key-claimed': 'API key claimed',
  'identity-bound': 'Signs in another way',
  'identity-ended': 'Sign-in ended',
  drill: 'drill',
  'drill-ended': 'drill has ended',
  'change-requested': 'change asked for',
  'change-ended': 'change request ended',
  'settings-changed': 'settings changed',
};
