import { html } from 'hono/html';
import type { Operation } from '../../../domain/access.ts';
import { type Authorization, isUnderWay } from '../../../domain/authorization.ts';
import type { Refusal } from '../../../domain/refusal.ts';
import { type ConsoleRound, openRound } from '../../../operations/console-decisions.ts';
import type { Html } from '../../layout.ts';
import { resultMain, resultTitle } from '../../result-page.ts';
import { actionLinks } from '../audit/actions.ts';
import { consoleLayout } from '../layout.ts';
import { notForYou, notFound } from '../messages.ts';
import { type Answer, type PageStatus, page, type Visit } from '../page.ts';
import { paths } from '../paths.ts';
import { type RefusalInWords, refusalInWords } from '../refused.ts';

/** In seconds: how often the page looks whether the key is destroyed. */
const LOOK_AGAIN = 5;

/** The authorization that the path names. */
export const nameOf = (visit: Visit) => ({
  key: visit.param('keyId'),
  authorizationId: visit.param('authorizationId'),
});

/** Shows the round to whoever may call the operation about its key; to others what they are told instead. */
export async function withRound(
  visit: Visit,
  operation: Operation,
  show: (round: ConsoleRound) => Answer | Promise<Answer>,
): Promise<Answer> {
  const opened = await openRound(visit.context, visit.caller, { ...nameOf(visit), operation });
  return opened.ok ? show(opened.value) : missing(visit, opened.refusal);
}

/** What is not there is told alike for keys and authorizations. */
export const missing = (visit: Visit, { code }: Refusal): Answer =>
  code === 'access-denied' ? notForYou(visit) : notFound(visit);

/** Something of a form was refused: the page is shown again as it is now, with why. */
export interface Refused {
  readonly problem: RefusalInWords;
  readonly note?: string | undefined;
}

export const refusedWith = (refusal: Refusal, note?: string): Refused => ({
  problem: refusalInWords(refusal),
  note,
});

export const statusOf = (refused: Refused | undefined): PageStatus => refused?.problem.status ?? 200;

const waitsFor = ({ status }: Authorization, whyNot: string | undefined): Html =>
  status === 'pending' && whyNot !== undefined ? html`${whyNot}` : html`Somebody else decides it.`;

/** What became of it, or why it is not decided here; looks again by itself while the key is being destroyed. */
export function resultOf(visit: Visit, round: ConsoleRound, refused?: Refused): Answer {
  const { authorization, key, whyNotApprove } = round;
  const tooLate =
    authorization.status === 'pending' && visit.context.clock.now() >= authorization.windowEndsAt;
  const why: Refusal['code'] | undefined = tooLate ? 'window-closed' : whyNotApprove;
  const main = resultMain(round, {
    problem: refused?.problem,
    pending: waitsFor(authorization, why && refusalInWords({ code: why }).message),
  });
  const { person } = round;
  const now = visit.context.clock.now();
  const title = resultTitle(round);
  const ways = html`${actionLinks(visit, { authorization, key, person, now })}
<p><a class="go" href="${visit.href(paths.authorization(key.id, authorization.id))}">The whole history of this request</a></p>
<p><a class="go" href="${visit.href(paths.key(key.id))}">The key</a></p>`;
  return page(
    consoleLayout({
      visit,
      title: refused === undefined ? title : `Error: ${title}`,
      current: paths.authorizations,
      main: isUnderWay(authorization.status)
        ? html`<div id="outcome" data-refresh="${LOOK_AGAIN}">${main}
${ways}</div>`
        : html`${main}
${ways}`,
    }),
    statusOf(refused),
  );
}
