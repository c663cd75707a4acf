import { html } from 'hono/html';
import type { Manifest } from '../domain/manifest.ts';
import { atStake } from '../mails/consequences.ts';
import { singleLine } from '../mails/words.ts';
import type { RoundView } from '../operations/round-view.ts';
import { type Html, layout } from './layout.ts';
import { errorSummary, lossList, mailedTo, requestList, row, time, typed } from './parts.ts';
import type { Problem } from './refusals.ts';
import { changeList } from './resources.ts';

type Wrong = Pick<Problem, 'message' | 'field'>;

/** What is different where it is asked for again: behind a mailed link, or by somebody who is signed in. */
export interface ReauthorizationPlace {
  /** More rows of the request. */
  readonly rows?: Html;
  /** More fields that are not seen. */
  readonly hidden?: Html;
  /** True: who asks has shown who they are, and is asked for no API key. */
  readonly signedIn?: boolean;
  /** What would be lost now; absent: what would have been lost is shown. */
  readonly now?: Manifest;
}

/** The page behind a mailed link. */
export const reauthorizePage = (view: RoundView, problem?: Problem): Html =>
  layout({
    title: reauthorizeTitle(view, problem),
    instance: view.instance,
    main: reauthorizeMain(view, problem, { rows: mailedTo(view) }),
  });

export function reauthorizeTitle({ authorization }: RoundView, problem?: Wrong): string {
  const title = `Ask again to delete the key “${singleLine(authorization.manifest.name)}”?`;
  return problem === undefined ? title : `Error: ${title}`;
}

/** A request that lapsed, or whose loss changed: its requester asks again with a credential, or lets it end. */
export function reauthorizeMain(
  view: RoundView,
  problem: Wrong | undefined,
  place: ReauthorizationPlace,
): Html {
  const { authorization } = view;
  const { manifest } = authorization;
  const drifted = authorization.status === 'drifted';
  return html`${problem && errorSummary(problem.message, problem.field)}
<h1>Ask again to delete the key “${typed(manifest.name)}”?</h1>
<p>${
    drifted
      ? 'What would be lost with the key has changed since people were shown it, so the request counts no more.'
      : 'Nobody approved the deletion in time.'
  } The key is active and nothing was deleted.</p>
<p>You can ask again until ${time(authorization.reauthorizeEndsAt)}. If you do nothing, the request ends then and the key stays.</p>
<p class="stake">Asking again deletes nothing: a second person must approve, and the key is destroyed when they do. ${atStake(view.instance)}</p>
${changed(view, drifted)}
<h2>What ${drifted && place.now === undefined ? 'was to be lost' : 'would be lost'}</h2>
${lossList(place.now ?? manifest)}
<h2>The request</h2>
${requestList(view, html`${closedRow(view)}${place.rows}`)}
<h2>Your decision</h2>
${reauthorizeForm(view, problem, place)}`;
}

/** What has changed until this moment; of a round that drifted also that nothing of it is left. */
function changed({ changes = [] }: RoundView, drifted: boolean): Html | '' {
  if (changes.length > 0) return html`<h2>What changed</h2>${changeList(changes)}`;
  if (!drifted) return '';
  return html`<h2>What changed</h2>
<p>It is as it was before. Asking again shows everybody what would be lost now.</p>`;
}

const closedRow = ({ authorization }: RoundView): Html | '' =>
  authorization.status === 'lapsed' || authorization.status === 'drifted'
    ? row('Closed at', time(authorization.closedAt))
    : '';

// Letting it end stands first: the Enter key in the field must not ask for a deletion.
function reauthorizeForm(
  { authorization }: RoundView,
  problem: Wrong | undefined,
  { hidden, signedIn }: ReauthorizationPlace,
): Html {
  return html`<form method="post" action="">
${hidden}
<input type="hidden" name="round" value="${authorization.round}">
${signedIn !== true && apiKeyField(problem)}
<div class="buttons">
<button type="submit" name="decision" value="decline">Let the request end</button>
<button type="submit" name="decision" value="reauthorize" class="danger">Ask again for the deletion</button>
</div>
</form>`;
}

function apiKeyField(problem: Wrong | undefined): Html {
  const wrong = problem?.field === 'apiKey';
  return html`<label for="apiKey">Your API key</label>
<p class="hint" id="apiKey-hint">A mailed link alone cannot ask for a deletion.</p>
${wrong && html`<p class="field-error" id="apiKey-error">${problem.message}</p>`}
<input type="password" id="apiKey" name="apiKey" required autocomplete="current-password" aria-describedby="apiKey-hint${wrong && ' apiKey-error'}"${wrong && html` aria-invalid="true" autofocus`}>`;
}
