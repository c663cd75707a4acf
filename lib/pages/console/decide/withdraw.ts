import { html } from 'hono/html';
import * as z from 'zod';
import { type Authorization, MOST_ROUNDS } from '../../../domain/authorization.ts';
import { singleLine } from '../../../mails/words.ts';
import type { ConsoleRound } from '../../../operations/console-decisions.ts';
import { unsetKeyForDeletion } from '../../../operations/unset-key-for-deletion.ts';
import { LONGEST_NOTE } from '../../decision-page.ts';
import { errorSummary, requestList, typed } from '../../parts.ts';
import { formErrors, formField } from '../fields.ts';
import { csrfField, type FieldErrors, readForm } from '../form.ts';
import { consoleLayout } from '../layout.ts';
import { unreadable } from '../messages.ts';
import { type Answer, page, seeOther, type Visit } from '../page.ts';
import { statusTag } from '../parts.ts';
import { paths } from '../paths.ts';
import { nameOf, type Refused, refusedWith, resultOf, statusOf, withRound } from './round.ts';

export const ROUND = z.coerce.number().int().min(1).max(MOST_ROUNDS);

const NOTE_RULE = `At most ${LONGEST_NOTE} characters`;
const FORM = z.object({
  round: ROUND,
  note: z
    .string()
    .transform(singleLine)
    .pipe(z.string().max(LONGEST_NOTE, NOTE_RULE))
    .transform((text) => (text === '' ? undefined : text))
    .optional(),
});

interface Shown {
  readonly refused?: Refused | undefined;
  readonly errors?: FieldErrors;
  readonly note?: string | undefined;
}

/** Taking a request back, which nobody has to approve. */
export const showWithdrawal = (visit: Visit): Promise<Answer> =>
  withRound(visit, 'unsetKeyForDeletion', (round) => withdrawalOf(visit, round));

const isOpen = ({ status }: Pick<Authorization, 'status'>): boolean =>
  status === 'pending' || status === 'approved' || status === 'lapsed' || status === 'drifted';

function withdrawalOf(visit: Visit, round: ConsoleRound, shown: Shown = {}): Answer {
  const { authorization, key } = round;
  const { refused, errors, note } = shown;
  const counts = key.authorizationId === authorization.id && authorization.twoPeople;
  if (!counts || !isOpen(authorization)) return resultOf(visit, round, refused);
  const { name } = authorization.manifest;
  const title = `Withdraw the deletion of “${singleLine(name)}”?`;
  const isWrong = refused !== undefined || errors !== undefined;
  const main = html`${refused && errorSummary(refused.problem.message)}${formErrors(errors)}
<h1>Withdraw the deletion of “${typed(name)}”?</h1>
<p>${statusTag(authorization.status)}</p>
<p>Nothing is deleted then, and the key stays as it is. Who was asked hears of it.</p>
<h2>The request</h2>
${requestList(round)}
<h2>Your decision</h2>
<form method="post" action="">
${csrfField(visit)}
<input type="hidden" name="round" value="${authorization.round}">
${formField({ name: 'note', label: 'Note (optional)', hint: 'Everyone concerned can read it.', long: true, maxLength: LONGEST_NOTE, value: note ?? refused?.note, error: errors?.note })}
<div class="submit"><button type="submit" class="first">Withdraw the request</button></div>
</form>`;
  return page(
    consoleLayout({
      visit,
      title: isWrong ? `Error: ${title}` : title,
      current: paths.authorizations,
      main,
    }),
    errors === undefined ? statusOf(refused) : 422,
  );
}

export async function withdraw(visit: Visit): Promise<Answer> {
  const read = readForm(visit, FORM);
  if (!read.ok && read.errors.note === undefined) return unreadable(visit);
  if (!read.ok) {
    const { errors, values } = read;
    return withRound(visit, 'unsetKeyForDeletion', (round) =>
      withdrawalOf(visit, round, { errors, note: values.note }),
    );
  }
  const { round, note } = read.value;
  const { key: keyId, authorizationId } = nameOf(visit);
  return withRound(visit, 'unsetKeyForDeletion', async (seen) => {
    const done = () => seeOther(paths.authorization(keyId, authorizationId), 'deletion-withdrawn');
    // The same form sent twice, or too late: nothing is written that would look like a second withdrawal.
    if (seen.authorization.status === 'withdrawn') return done();
    if (!isOpen(seen.authorization)) return withdrawalOf(visit, seen);
    const withdrawn = await unsetKeyForDeletion(visit.context, visit.caller, keyId, {
      only: { authorizationId: authorizationId.toLowerCase(), round },
      ...(note !== undefined && { note }),
    });
    if (withdrawn.ok) return done();
    const { refusal } = withdrawn;
    return withRound(visit, 'unsetKeyForDeletion', (now) =>
      withdrawalOf(visit, now, { refused: refusedWith(refusal, note) }),
    );
  });
}
