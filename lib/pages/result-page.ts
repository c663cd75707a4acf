import { html } from 'hono/html';
import type { Authorization, In, Status } from '../domain/authorization.ts';
import { isRestoredAfter } from '../domain/destruction.ts';
import { ACTIVE, DESTROYED } from '../domain/key.ts';
import { whatIsLeft } from '../mails/consequences.ts';
import { singleLine } from '../mails/words.ts';
import type { RoundView } from '../operations/round-view.ts';
import { type Html, layout } from './layout.ts';
import { errorSummary, lossList, mailedTo, person, requestList, time, typed } from './parts.ts';
import type { Problem } from './refusals.ts';
import { changeList } from './resources.ts';

/** What a request that came to nothing left, as things are with the key now: the link may be opened years later. */
function kept({ key }: RoundView): Html {
  if (key.state === DESTROYED)
    return html`It deleted nothing. The key was destroyed since then, by another request.`;
  return key.state === ACTIVE ? html`The key is active and nothing was deleted.` : html`Nothing was deleted.`;
}

/** What became of the request. The same link shows it for good. */
export const resultPage = (view: RoundView, problem?: Problem): Html =>
  layout({
    title: resultTitle(view),
    instance: view.instance,
    main: resultMain(view, { problem, pending: html`This link cannot give it.`, rows: mailedTo(view) }),
  });

export const resultTitle = (view: RoundView): string =>
  `${headingOf(view)}: “${singleLine(view.authorization.manifest.name)}”`;

export interface ResultPlace {
  readonly problem?: Pick<Problem, 'message'> | undefined;
  /** Of one that waits for a decision: why it is not taken here. */
  readonly pending: Html;
  /** More rows of the request. */
  readonly rows?: Html;
}

/** What became of the request. */
export function resultMain(view: RoundView, { problem, pending, rows = html`` }: ResultPlace): Html {
  const { authorization } = view;
  const { manifest } = authorization;
  const heading = headingOf(view);
  return html`${problem && errorSummary(problem.message)}
<h1>${heading}</h1>
<p class="outcome">The deletion of the key “${typed(manifest.name)}”${tell(view, pending)}</p>
${note(view)}
${isUnexpected(view.authorization) && UNEXPECTED}
${authorization.status === 'drifted' && changeList(authorization.changes)}
${earlierRound(view)}
<h2>${authorization.status === 'consumed' && !isBack(view) ? 'What was lost' : 'The key'}</h2>
${lossList(manifest)}
<h2>The request</h2>
${requestList(view, rows)}`;
}

const HEADINGS: { readonly [status in Status]: string } = {
  pending: 'Waiting for a decision',
  approved: 'Approved',
  destroying: 'Being destroyed',
  consumed: 'The key is destroyed',
  denied: 'Denied',
  withdrawn: 'Withdrawn',
  lapsed: 'The time is over',
  drifted: 'What would be lost has changed',
  expired: 'The request has ended',
  superseded: 'Asked for anew',
  void: 'Not carried out',
  refused: 'Not carried out',
};

const headingOf = (view: RoundView): string =>
  isBack(view) ? 'The key was destroyed, and restored since' : HEADINGS[view.authorization.status];

/** Whether the deletion destroyed a key that was restored since then. */
const isBack = ({ authorization, key }: RoundView): boolean =>
  authorization.status === 'consumed' && isRestoredAfter(authorization, key);

const isUnexpected = (authorization: Authorization): boolean =>
  authorization.status === 'denied' && authorization.unexpected === true;

const UNEXPECTED = html`<p>They did not expect it: everything else that the same person had asked for is stopped, until another Manager lifts that.</p>`;

/** The rest of the sentence that begins with "The deletion of the key …". */
function tell(view: RoundView, pending: Html): Html {
  const { authorization } = view;
  switch (authorization.status) {
    case 'pending':
      return html` waits for a decision until ${time(authorization.windowEndsAt)}. ${pending}`;
    case 'approved':
      return html` was ${approvedBy(view, authorization)}; the key is being destroyed. <a href="">Look again</a>`;
    case 'destroying':
      return html` was ${approvedBy(view, authorization)}, and has begun where the key lives: it cannot be withdrawn any more.${authorization.problem !== undefined && html` It does not go on: ${typed(authorization.problem)}. It is tried again.`} <a href="">Look again</a>`;
    case 'consumed':
      return html` was ${approvedBy(view, authorization)}, and the key was destroyed at ${time(authorization.endedAt)}. ${whatIsLeft(authorization, view.key)}`;
    case 'denied':
      return html` was denied by ${person(view, authorization.endedBy)} at ${time(authorization.endedAt)}. ${kept(view)}`;
    case 'withdrawn':
      return html` was withdrawn by ${person(view, authorization.endedBy)} at ${time(authorization.endedAt)}. ${kept(view)}`;
    case 'lapsed':
      if (view.requestsFrozen)
        return html` was not approved in time, and cannot be asked for again: somebody did not expect what its requester had asked for. ${kept(view)}`;
      return html` was not approved in time. It closed at ${time(authorization.closedAt)} and can be asked for again until ${time(authorization.reauthorizeEndsAt)}. ${kept(view)}`;
    case 'drifted':
      if (view.requestsFrozen)
        return html` cannot go on: what would be lost has changed, and somebody did not expect what its requester had asked for. ${kept(view)}`;
      return html` must be asked for again: what would be lost is no longer what people were shown. That is possible until ${time(authorization.reauthorizeEndsAt)}. ${kept(view)}`;
    case 'expired':
      return html` was neither approved nor asked for again in time. It ended at ${time(authorization.endedAt)}. ${kept(view)}`;
    case 'superseded':
      return html` was asked for anew at ${time(authorization.endedAt)}. The later request has links of its own. This request deletes nothing.`;
    case 'void':
    case 'refused':
      return html` was approved but not carried out: ${typed(authorization.why)}. It ended at ${time(authorization.endedAt)}. This request deletes nothing.`;
  }
}

const approvedBy = (
  view: RoundView,
  { approver, approvedAt }: In<'approved'> | In<'destroying'> | In<'consumed'>,
): Html => html`approved by ${person(view, approver)} at ${time(approvedAt)}`;

const note = ({ authorization }: RoundView): Html | '' =>
  'note' in authorization && authorization.note !== undefined
    ? html`<p>Note: ${typed(authorization.note)}</p>`
    : '';

const earlierRound = ({ round, authorization }: RoundView): Html | '' =>
  round === authorization.round
    ? ''
    : html`<p>This link was for round ${round}. The deletion was asked for again since then; what you see is round ${authorization.round}, for which everyone who can decide got a new link.</p>`;
