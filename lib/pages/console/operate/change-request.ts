import { html } from 'hono/html';
import * as z from 'zod';
import { askingPrincipal, changeRefusalWords, type EndedChange } from '../../../domain/change-request.ts';
import { principalOf } from '../../../domain/person.ts';
import type { Decision, RefusalCode } from '../../../domain/refusal.ts';
import { nameOf, singleLine } from '../../../mails/words.ts';
import { type ChangeRequestView, readChangeRequest } from '../../../operations/change-requests.ts';
import { approveChange, denyChange, withdrawChange } from '../../../operations/decide-change.ts';
import type { Html } from '../../layout.ts';
import { row, time, typed } from '../../parts.ts';
import { formErrors, formField } from '../fields.ts';
import { csrfField, readForm } from '../form.ts';
import { consoleLayout } from '../layout.ts';
import { notFound, unreadable } from '../messages.ts';
import type { Notice } from '../notices.ts';
import { type Answer, type ConsolePage, consolePage, page, seeOther, type Visit } from '../page.ts';
import { copyable } from '../parts.ts';
import { PATTERNS, paths } from '../paths.ts';
import { refusalInWords } from '../refused.ts';
import { aboutWords, changeTag, differencesTable } from './change-parts.ts';
import { REASON } from './grants.ts';
import { type Attempt, filled, LONGEST_REASON, mistaken, refusedForm, titled } from './shared.ts';

/** One change request: what is asked for, and the decision about it. */
export const CHANGE_REQUEST_PAGES: readonly ConsolePage[] = [
  consolePage({
    method: 'GET',
    path: PATTERNS.changeRequest,
    who: 'readChangeRequests',
    handle: (visit) => show(visit),
  }),
  consolePage({ method: 'POST', path: PATTERNS.changeRequest, who: 'decideChangeRequests', handle: decide }),
];

const FORM = z.discriminatedUnion('decision', [
  z.object({
    decision: z.literal('approve'),
    digest: z.string().regex(/^[0-9a-f]{64}$/),
    confirm: z.string().trim().max(300, 'This is too long'),
    note: REASON,
  }),
  z.object({ decision: z.enum(['deny', 'unexpected', 'withdraw']), stopNote: REASON }),
]);
type Form = z.output<typeof FORM>;

const DONE = {
  approve: 'change-approved',
  deny: 'change-denied',
  unexpected: 'change-unexpected',
  withdraw: 'change-withdrawn',
} as const satisfies { readonly [decision in Form['decision']]: Notice };

async function decide(visit: Visit): Promise<Answer> {
  const read = readForm(visit, FORM);
  if (!read.ok) {
    const { note, stopNote, confirm } = read.errors;
    const isReadable = [note, stopNote, confirm].some((error) => error !== undefined);
    return isReadable ? show(visit, mistaken(visit, read.errors)) : unreadable(visit);
  }
  const form = read.value;
  if (form.decision === 'approve') {
    const view = await readChangeRequest(visit.context, visit.caller, visit.param('requestId'));
    // Typed, so that nobody approves one while they mean another. What is right is decided by the digest.
    if (view.ok && singleLine(form.confirm) !== singleLine(view.value.request.subject)) {
      return show(visit, mistaken(visit, { confirm: 'This is not whom or what the change is about' }));
    }
  }
  const decided = await carryOut(visit, form);
  if (decided.ok) return seeOther(paths.changeRequest(decided.value.id), DONE[form.decision]);
  return show(visit, refusedForm(visit, decided.refusal));
}

function carryOut({ context, caller, param }: Visit, form: Form): Promise<Decision<EndedChange>> {
  const id = param('requestId');
  if (form.decision === 'approve') {
    return approveChange(context, caller, { id, digest: form.digest, note: form.note });
  }
  const stop = { id, note: form.stopNote };
  if (form.decision === 'withdraw') return withdrawChange(context, caller, stop);
  return denyChange(context, caller, { ...stop, unexpected: form.decision === 'unexpected' });
}

async function show(visit: Visit, attempt?: Attempt): Promise<Answer> {
  const read = await readChangeRequest(visit.context, visit.caller, visit.param('requestId'));
  if (!read.ok) return notFound(visit);
  return page(changeHtml(visit, read.value, attempt), attempt?.status ?? 200);
}

function changeHtml(visit: Visit, view: ChangeRequestView, attempt: Attempt | undefined): Html {
  const { request, status } = view;
  const title = aboutWords(request);
  const main = html`${formErrors(attempt?.errors)}
<h1>${typed(title)}</h1>
<p>${changeTag(status)} ${status === 'pending' && html`until ${time(request.windowEndsAt)}`}</p>
${status === 'pending' && html`<p>Nothing is changed yet. It is done in the same moment in which a second Manager approves it; if nobody does, it ends by itself.</p>`}
${differencesTable(request.differences)}
<h2>The request</h2>
${facts(visit, view)}
${status === 'pending' && decision(visit, view, attempt)}`;
  return consoleLayout({ visit, title: titled(title, attempt), current: paths.changeRequests, main });
}

function facts(visit: Visit, { request, names }: ChangeRequestView): Html {
  const { change, requester, requestedAt, reason, windowEndsAt, digest } = request;
  return html`<dl>
${change.kind === 'person' && row('About', html`<a href="${visit.href(paths.person(change.person))}">${typed(request.subject)}</a>`)}
${row('Asked for by', typed(nameOf(requester, names)))}
${row('Asked for at', time(requestedAt))}
${reason !== undefined && row('Reason', typed(reason))}
${request.status === 'pending' ? row('To be approved until', time(windowEndsAt)) : row('Ended', html`${time(request.endedAt)}${request.endedBy !== undefined && html` by ${typed(nameOf(request.endedBy, names))}`}`)}
${request.status !== 'pending' && request.note !== undefined && row('Note', typed(request.note))}
${request.status !== 'pending' && request.unexpected === true && row('Not expected', html`everything else that they had asked for was stopped`)}
${row('Digest', copyable(digest, 'the digest'))}
</dl>`;
}

function decision(visit: Visit, view: ChangeRequestView, attempt: Attempt | undefined): Html {
  const { person } = visit.caller;
  const { request, whyNotYou } = view;
  const isOwn = askingPrincipal(request) === principalOf(person);
  return html`<h2>Your decision</h2>
${whyNotYou === undefined ? approveForm(visit, view, attempt) : html`<p class="stake"><strong>You cannot approve it.</strong> ${whyNotWords(whyNotYou)}</p>`}
${stopForm(visit, { isOwn }, attempt)}`;
}

const whyNotWords = (code: RefusalCode): string => {
  const words = changeRefusalWords(code) ?? refusalInWords({ code }).message;
  return words.endsWith('.') ? words : `${words}.`;
};

const approveForm = (
  visit: Visit,
  { request }: ChangeRequestView,
  attempt: Attempt | undefined,
): Html => html`
<form method="post" action="${visit.href(visit.path)}" class="card" novalidate>
${csrfField(visit)}
<input type="hidden" name="digest" value="${request.digest}">
${formField({
  name: 'confirm',
  label: request.change.kind === 'settings' ? 'Name of the instance' : 'Whom it is about',
  hint: `Type “${singleLine(request.subject)}” to approve it. It is done at once.`,
  value: filled(attempt, 'confirm'),
  error: attempt?.errors.confirm,
  required: true,
})}
${formField({ name: 'note', label: 'Note (optional)', hint: 'Every Manager can read it', value: filled(attempt, 'note'), error: attempt?.errors.note, maxLength: LONGEST_REASON })}
<div class="submit"><button type="submit" name="decision" value="approve" class="first">Approve</button></div>
</form>`;

const stopForm = (
  visit: Visit,
  { isOwn }: { readonly isOwn: boolean },
  attempt: Attempt | undefined,
): Html => html`
<form method="post" action="${visit.href(visit.path)}" class="card" novalidate>
${csrfField(visit)}
${formField({ name: 'stopNote', label: 'Note (optional)', hint: 'Every Manager can read it', value: filled(attempt, 'stopNote'), error: attempt?.errors.stopNote, maxLength: LONGEST_REASON })}
<div class="buttons">
${
  isOwn
    ? html`<button type="submit" name="decision" value="withdraw">Withdraw it</button>`
    : html`<button type="submit" name="decision" value="deny">Deny it</button>
<button type="submit" name="decision" value="unexpected" aria-describedby="unexpected-hint">I did not expect this</button>`
}
</div>
${!isOwn && html`<p class="hint after" id="unexpected-hint">“I did not expect this” denies it too, stops everything else that the same person asked for, and tells the other Managers. Press it when nobody should have asked: their API key may be in other hands.</p>`}
</form>`;
