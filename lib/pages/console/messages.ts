import { html } from 'hono/html';
import { errorSummary } from '../parts.ts';
import { consoleLayout } from './layout.ts';
import { type Answer, type OpenVisit, type PageStatus, page } from './page.ts';
import { paths } from './paths.ts';

/** A page that tells what went wrong and where to go on. */
export function problemPage(
  visit: OpenVisit,
  status: PageStatus,
  { title, message }: { readonly title: string; readonly message: string },
): Answer {
  const main = html`<h1>${title}</h1>
${errorSummary(message)}
<p><a class="go" href="${visit.href(paths.home)}">Go to what waits for you</a></p>`;
  return page(consoleLayout({ visit, title: `Error: ${title}`, main }), status);
}

export const notFound = (visit: OpenVisit): Answer =>
  problemPage(visit, 404, {
    title: 'There is nothing here',
    message: 'No page has this address. It may be mistyped, or what it was about is gone.',
  });

export const notForYou = (visit: OpenVisit): Answer =>
  problemPage(visit, 403, {
    title: 'This page is not for you',
    message:
      'You do not have the role in this instance that it needs. A Manager can grant it. Nothing was changed.',
  });

export const elsewhere = (visit: OpenVisit): Answer =>
  problemPage(visit, 403, {
    title: 'Not from here',
    message:
      'The instance is reached from some networks alone, and yours is not among them. Nothing was changed.',
  });

export const foreignForm = (visit: OpenVisit): Answer =>
  problemPage(visit, 403, {
    title: 'This form was not sent from here',
    message:
      'It came from another site, or from a page of an earlier session. Nothing was changed. Open the page again and fill in its form.',
  });

export const notAForm = (visit: OpenVisit): Answer =>
  problemPage(visit, 415, { title: 'This is not a form', message: 'Nothing was changed.' });

/** For a form that no page of ours can have sent like this; what a person can mend is better shown beside its field. */
export const unreadable = (visit: OpenVisit): Answer =>
  problemPage(visit, 422, {
    title: 'The form was not complete',
    message: 'Nothing was changed. Open the page again and fill in its form.',
  });

export const tooLarge = (visit: OpenVisit): Answer =>
  problemPage(visit, 413, { title: 'The form was too large', message: 'Nothing was changed.' });

export const otherMethod = (visit: OpenVisit): Answer =>
  problemPage(visit, 405, { title: 'This cannot be done here', message: 'Nothing was changed.' });

export const broken = (visit: OpenVisit): Answer =>
  problemPage(visit, 500, {
    title: 'Something is broken',
    message:
      'Open the page again to see what became of it. If it happens again, tell whoever runs Countersign.',
  });

export const busy = (visit: OpenVisit): Answer =>
  problemPage(visit, 503, {
    title: 'Countersign is busy',
    message: 'A part of it does not answer at the moment. Try again in a few seconds.',
  });
