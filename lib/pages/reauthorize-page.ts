import { html } from 'hono/html';
import { atStake } from '../mails/consequences.ts';
import { singleLine } from '../mails/words.ts';
import type { LinkView } from '../operations/links.ts';
import { type Html, layout } from './layout.ts';
import { errorSummary, lossList, requestList, row, time, typed } from './parts.ts';
import type { Problem } from './refusals.ts';
import { changeList } from './resources.ts';

/** A request that lapsed, or whose loss changed: its requester asks again with a credential, or lets it end. */
export function reauthorizePage(view: LinkView, problem?: Problem): Html {
  const { authorization, instance } = view;
  const { manifest } = authorization;
  const drifted = authorization.status === 'drifted';
  const title = `Ask again to delete the key “${singleLine(manifest.name)}”?`;
  return layout({
    title: problem === undefined ? title : `Error: ${title}`,
    instance,
    main: html`${problem && errorSummary(problem.message, problem.field)}
<h1>Ask again to delete the key “${typed(manifest.name)}”?</h1>
<p>${
      drifted
        ? 'What would be lost with the key has changed since people were shown it, so the request counts no more.'
        : 'Nobody approved the deletion in time.'
    } The key is active and nothing was deleted.</p>
<p>You can ask again until ${time(authorization.reauthorizeEndsAt)}. If you do nothing, the request ends then and the key stays.</p>
<p class="stake">Asking again deletes nothing: a second person must approve, and the key is destroyed when they do. ${atStake(view.instance)}</p>
${changed(view, drifted)}
<h2>What ${drifted ? 'was to be lost' : 'would be lost'}</h2>
${lossList(manifest)}
<h2>The request</h2>
${requestList(view, closedRow(view))}
<h2>Your decision</h2>
${reauthorizeForm(view, problem)}`,
  });
}

/** What has changed until this moment; of a round that drifted also that nothing of it is left. */
function changed({ changes = [] }: LinkView, drifted: boolean): Html | '' {
  if (changes.length > 0) return html`<h2>What changed</h2>${changeList(changes)}`;
  if (!drifted) return '';
  return html`<h2>What changed</h2>
<p>It is as it was before. Asking again shows everybody what would be lost now.</p>`;
}

const closedRow = ({ authorization }: LinkView): Html | '' =>
  authorization.status === 'lapsed' || authorization.status === 'drifted'
    ? row('Closed at', time(authorization.closedAt))
    : '';

// Letting it end stands first: the Enter key in the field must not ask for a deletion.
function reauthorizeForm({ authorization }: LinkView, problem: Problem | undefined): Html {
  const wrong = problem?.field === 'apiKey';
  return html`<form method="post" action="">
<input type="hidden" name="round" value="${authorization.round}">
<label for="apiKey">Your API key</label>
<p class="hint" id="apiKey-hint">A mailed link alone cannot ask for a deletion.</p>
${wrong && html`<p class="field-error" id="apiKey-error">${problem.message}</p>`}
<input type="password" id="apiKey" name="apiKey" required autocomplete="current-password" aria-describedby="apiKey-hint${wrong && ' apiKey-error'}"${wrong && html` aria-invalid="true" autofocus`}>
<div class="buttons">
<button type="submit" name="decision" value="decline">Let the request end</button>
<button type="submit" name="decision" value="reauthorize" class="danger">Ask again for the deletion</button>
</div>
</form>`;
}
