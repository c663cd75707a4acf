import { type ConsoleRound, decideInConsole } from '../../../operations/console-decisions.ts';
import { decisionMain, decisionTitle } from '../../decision-page.ts';
import { isDecision, readForm } from '../../forms.ts';
import { csrfField } from '../form.ts';
import { consoleLayout } from '../layout.ts';
import { unreadable } from '../messages.ts';
import { type Answer, page, seeOther, type Visit } from '../page.ts';
import { paths } from '../paths.ts';
import { refusalInWords } from '../refused.ts';
import { nameOf, type Refused, refusedWith, resultOf, statusOf, withRound } from './round.ts';

/** What would be lost and the form that approves or denies, as behind a mailed link; or what became of it. */
export const showDecision = (visit: Visit): Promise<Answer> =>
  withRound(visit, 'denyDeletion', (round) => decisionOf(visit, round));

function decisionOf(visit: Visit, round: ConsoleRound, refused?: Refused): Answer {
  if (round.offers !== 'decide') return resultOf(visit, round, refused);
  const { whyNotApprove } = round;
  const main = decisionMain(round, refused, {
    hidden: csrfField(visit),
    signedIn: true,
    whyDenyOnly: whyNotApprove && refusalInWords({ code: whyNotApprove }).message,
  });
  const title = decisionTitle(round, refused);
  return page(consoleLayout({ visit, title, current: paths.authorizations, main }), statusOf(refused));
}

/** After an approval the answer waits for the key's destruction, as long as the API's does. */
export async function decide(visit: Visit): Promise<Answer> {
  const read = readForm(visit.form.toString());
  if (!read.ok || !isDecision(read.form)) return unreadable(visit);
  const { decision: choice, apiKey: _, force, note, ...shown } = read.form;
  const taken = await decideInConsole(visit.context, visit.caller, {
    ...nameOf(visit),
    ...shown,
    choice,
    ...(force !== undefined && { force }),
    ...(note !== undefined && { note }),
  });
  // Approved, but the key is not destroyed yet: the page of the result says so.
  if (taken.ok || taken.refusal.code === 'still-working') {
    return seeOther(paths.approval(visit.param('keyId'), visit.param('authorizationId')));
  }
  const { refusal } = taken;
  return withRound(visit, 'denyDeletion', (round) => decisionOf(visit, round, refusedWith(refusal, note)));
}
