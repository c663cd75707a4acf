import { html } from 'hono/html';
import type { Authorization } from '../domain/authorization.ts';
import { CONFIRMATION_LENGTH } from '../domain/key.ts';
import { atStake } from '../mails/consequences.ts';
import { singleLine } from '../mails/words.ts';
import type { RoundView } from '../operations/round-view.ts';
import { type Html, layout } from './layout.ts';
import { errorSummary, lossList, mailedTo, person, requestList, row, time, typed } from './parts.ts';
import type { Problem } from './refusals.ts';
import { changeList, forceField, isRetained } from './resources.ts';

/** The longest note that the form takes, in characters. */
export const LONGEST_NOTE = 500;

/** What a person had filled in when it was refused. */
export interface Attempt {
  readonly problem: Pick<Problem, 'message' | 'field'>;
  readonly note?: string | undefined;
}

/** What is different where it is decided: behind a mailed link, or by somebody who is signed in. */
export interface DecisionPlace {
  /** More rows of the request. */
  readonly rows?: Html;
  /** More fields that are not seen. */
  readonly hidden?: Html;
  /** True: who decides has shown who they are, and is asked for no API key. */
  readonly signedIn?: boolean;
  /** Why this person can deny it and no more; absent: they can approve it. */
  readonly whyDenyOnly?: string | undefined;
}

/** The page behind a mailed link. */
export function decisionPage(view: RoundView, attempt?: Attempt): Html {
  const title = decisionTitle(view, attempt);
  return layout({
    title,
    instance: view.instance,
    main: decisionMain(view, attempt, { rows: mailedTo(view) }),
  });
}

export function decisionTitle({ authorization }: RoundView, attempt?: Attempt): string {
  const title = `Delete the key “${singleLine(authorization.manifest.name)}”?`;
  return attempt === undefined ? title : `Error: ${title}`;
}

/** What would be lost, who asks, and the form that approves or denies. */
export function decisionMain(view: RoundView, attempt: Attempt | undefined, place: DecisionPlace): Html {
  const { authorization, instance } = view;
  const { manifest } = authorization;
  return html`${attempt && errorSummary(attempt.problem.message, attempt.problem.field)}
<h1>Delete the key “${typed(manifest.name)}”?</h1>
<p>${person(view, authorization.requester)} asks for its deletion. It is deleted only if you, or another second person, approve. You can decide until ${time(authorization.windowEndsAt)}.</p>
${view.requestsFrozen && frozen(view)}
${place.whyDenyOnly !== undefined && html`<p class="stake"><strong>You can deny it and no more.</strong> ${place.whyDenyOnly}</p>`}
<p class="stake"><strong>Approving destroys the key at once.</strong> ${atStake(instance, manifest.external)}</p>
<h2>What would be lost</h2>
${lossList(manifest)}
${sinceLastRound(authorization)}
<h2>The request</h2>
${requestList(view, html`${row('Decide until', time(authorization.windowEndsAt))}${place.rows}`)}
<h2>Your decision</h2>
${decisionForm(view, attempt, place)}
<p class="hint after">If you do not decide, nothing is deleted: the request ends by itself.</p>`;
}

// Deny stands first: the Enter key in a field presses the first button, and that must not be the one that destroys.
const decisionForm = (
  { authorization, instance, requestsFrozen }: RoundView,
  attempt: Attempt | undefined,
  { hidden, signedIn, whyDenyOnly }: DecisionPlace,
): Html => html`<form method="post" action="">
${hidden}
<input type="hidden" name="round" value="${authorization.round}">
<input type="hidden" name="manifestDigest" value="${authorization.manifestDigest}">
${forceField(authorization.manifest, attempt?.problem)}
${confirmField(authorization.keyId, attempt)}
${signedIn !== true && instance.approvalNeedsCredential === true && apiKeyField(attempt?.problem)}
<label for="note">Note (optional)</label>
<p class="hint" id="note-hint">Everyone concerned can read it.</p>
<textarea id="note" name="note" rows="2" maxlength="${LONGEST_NOTE}" aria-describedby="note-hint">${attempt?.note}</textarea>
<div class="buttons">
<button type="submit" name="decision" value="deny">Deny and keep the key</button>
<button type="submit" name="decision" value="unexpected" aria-describedby="unexpected-hint">I did not expect this</button>
${!isRetained(authorization.manifest) && !requestsFrozen && whyDenyOnly === undefined && html`<button type="submit" name="decision" value="approve" class="danger">Approve and destroy the key</button>`}
</div>
<p class="hint after" id="unexpected-hint">“I did not expect this” denies it too, stops everything else that the same person asked for, and tells the other Managers. Press it when nobody should have asked: their API key may be in other hands.</p>
</form>`;

const frozen = (view: RoundView): Html =>
  html`<p class="stake"><strong>This can only be denied.</strong> A Manager did not expect another deletion that ${person(view, view.authorization.requester)} asked for, so everything that they asked for before is stopped.</p>`;

/** In a later round: what is not as it was when it was asked for the last time. */
function sinceLastRound({ sinceLastRound: changes, round }: Authorization): Html | '' {
  if (round === 1 || changes === undefined) return '';
  return html`<h3>Since the last round</h3>
${changes.length === 0 ? html`<p>What would be lost is the same as in round ${round - 1}.</p>` : changeList(changes)}`;
}

/** Never required by the browser: whoever denies leaves it empty. */
function apiKeyField(problem: Attempt['problem'] | undefined): Html {
  const wrong = problem?.field === 'apiKey';
  return html`<label for="apiKey">Your API key (only to approve)</label>
<p class="hint" id="apiKey-hint">Here a mailed link alone does not approve. Leave it empty to deny.</p>
${wrong && html`<p class="field-error" id="apiKey-error">${problem.message}</p>`}
<input type="password" id="apiKey" name="apiKey" autocomplete="current-password" aria-describedby="apiKey-hint${wrong && ' apiKey-error'}"${wrong && html` aria-invalid="true" autofocus`}>`;
}

/** For the end of the key's id, which nobody types by accident. */
export function confirmField(keyId: string, attempt: Attempt | undefined): Html {
  const wrong = attempt?.problem.field === 'confirm';
  return html`<label for="confirm">Last ${CONFIRMATION_LENGTH} characters of the key id</label>
<p class="hint" id="confirm-hint">The key id is <code>${keyId}</code>. Typing its end shows that a person decides, and about this key.</p>
${wrong && html`<p class="field-error" id="confirm-error">${attempt.problem.message}</p>`}
<input class="short" type="text" id="confirm" name="confirm" required autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="confirm-hint${wrong && ' confirm-error'}"${wrong && html` aria-invalid="true" autofocus`}>`;
}
