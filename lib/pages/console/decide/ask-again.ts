import { html } from 'hono/html';
import * as z from 'zod';
import { type ConsoleRound, lossNow } from '../../../operations/console-decisions.ts';
import { reauthorizeDeletion } from '../../../operations/reauthorize-deletion.ts';
import { unsetKeyForDeletion } from '../../../operations/unset-key-for-deletion.ts';
import { reauthorizeMain, reauthorizeTitle } from '../../reauthorize-page.ts';
import { csrfField, readForm } from '../form.ts';
import { consoleLayout } from '../layout.ts';
import { unreadable } from '../messages.ts';
import { type Answer, page, seeOther, type Visit } from '../page.ts';
import { paths } from '../paths.ts';
import { refusedPage } from '../refused.ts';
import { nameOf, type Refused, refusedWith, resultOf, statusOf, withRound } from './round.ts';
import { ROUND } from './withdraw.ts';

const FORM = z.object({
  decision: z.enum(['reauthorize', 'decline']),
  round: ROUND,
  lossDigest: z.string().regex(/^[0-9a-f]{64}$/),
});

/** A request that was not approved in time, or of which the loss changed: what would be lost now, and what changed. */
export const showAskingAgain = (visit: Visit): Promise<Answer> =>
  withRound(visit, 'reauthorizeDeletion', (round) => askingAgainOf(visit, round));

async function askingAgainOf(visit: Visit, round: ConsoleRound, refused?: Refused): Promise<Answer> {
  if (round.offers !== 'reauthorize') return resultOf(visit, round, refused);
  const now = await lossNow(visit.context, round);
  if (!now.ok) return refusedPage(visit, now.refusal);
  const main = reauthorizeMain(round, refused?.problem, {
    signedIn: true,
    now: now.value.manifest,
    hidden: html`${csrfField(visit)}
<input type="hidden" name="lossDigest" value="${now.value.lossDigest}">`,
  });
  const title = reauthorizeTitle(round, refused?.problem);
  return page(consoleLayout({ visit, title, current: paths.authorizations, main }), statusOf(refused));
}

export async function askAgain(visit: Visit): Promise<Answer> {
  const read = readForm(visit, FORM);
  if (!read.ok) return unreadable(visit);
  const { decision, round, lossDigest } = read.value;
  const { key: keyId } = nameOf(visit);
  const authorizationId = nameOf(visit).authorizationId.toLowerCase();
  return withRound(visit, 'reauthorizeDeletion', async (seen) => {
    // The operation asks again for whatever the key waits with.
    if (seen.key.authorizationId !== authorizationId) return resultOf(visit, seen);
    const done =
      decision === 'reauthorize'
        ? await reauthorizeDeletion(visit.context, visit.caller, keyId, { round, lossDigest })
        : await unsetKeyForDeletion(visit.context, visit.caller, keyId, { only: { authorizationId, round } });
    if (done.ok) {
      const notice = decision === 'reauthorize' ? 'deletion-asked-again' : 'deletion-withdrawn';
      return seeOther(paths.authorization(keyId, authorizationId), notice);
    }
    const { refusal } = done;
    return withRound(visit, 'reauthorizeDeletion', (now) =>
      isRepeat(now, round)
        ? seeOther(paths.authorization(keyId, authorizationId), 'deletion-asked-again')
        : askingAgainOf(visit, now, refusedWith(refusal)),
    );
  });
}

/** The same form sent twice: the round that follows is this person's own already. */
const isRepeat = ({ authorization, person }: ConsoleRound, round: number): boolean =>
  authorization.status === 'pending' &&
  authorization.round === round + 1 &&
  authorization.requester === person.id;
