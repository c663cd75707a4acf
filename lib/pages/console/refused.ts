import { html } from 'hono/html';
import type { Decision, Refusal } from '../../domain/refusal.ts';
import { REFUSALS } from '../../http/problem.ts';
import { errorSummary } from '../parts.ts';
import { wordsOf } from '../refusals.ts';
import { consoleLayout } from './layout.ts';
import { type Answer, type PageStatus, page, type Visit } from './page.ts';

/** A refusal as a person is told of it; `field` is the form's that is to be mended. */
export interface RefusalInWords {
  readonly status: PageStatus;
  readonly message: string;
  readonly field?: string;
}

/** The words that pages have for it, else those that the API's answers have. */
export function refusalInWords({ code, detail }: Refusal): RefusalInWords {
  const words = wordsOf(code);
  if (words !== undefined) return detail === undefined ? words : { ...words, message: detail };
  const { status, message, target } = REFUSALS[code];
  return {
    status: status === 401 ? 403 : status,
    message: `${(detail ?? message).replace(/\.$/, '')}.`,
    ...(target?.type === 'field' && { field: target.name }),
  };
}

/** A page of its own for what was refused; a form is better shown again, with `errorSummary` on top. */
export function refusedPage(
  visit: Visit,
  refusal: Refusal,
  back: { readonly path: string; readonly label: string } = { path: '/', label: 'Go to what waits for you' },
): Answer {
  const { status, message } = refusalInWords(refusal);
  const main = html`${errorSummary(message)}
<h1>This was not done</h1>
<p><a class="go" href="${visit.href(back.path)}">${back.label}</a></p>`;
  return page(consoleLayout({ visit, title: 'Error: this was not done', main }), status);
}

/** What was decided as its page, what was refused in words. */
export const answered = <T>(
  visit: Visit,
  decision: Decision<T>,
  shape: (value: T) => Answer | Promise<Answer>,
): Answer | Promise<Answer> => (decision.ok ? shape(decision.value) : refusedPage(visit, decision.refusal));
