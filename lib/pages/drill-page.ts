import { html } from 'hono/html';
import { CONFIRMATION_LENGTH } from '../domain/key.ts';
import type { DrillView } from '../operations/confirm-drill.ts';
import { type Html, layout } from './layout.ts';
import { errorSummary, row, time, typed } from './parts.ts';
import type { Problem } from './refusals.ts';

/**
 * The page behind a drill's link. It asks for what an approval takes, in the same place and by the same field, and says
 * first and last that it is none.
 */
export function drillPage(view: DrillView, problem?: Problem): Html {
  if (view.state === 'confirmed') return confirmedPage(view);
  if (view.state === 'ended') return endedPage(view);
  const { drill, instance, person } = view;
  const title = 'Drill: can you still approve?';
  return layout({
    title: problem === undefined ? title : `Error: ${title}`,
    instance,
    main: html`${problem && errorSummary(problem.message, problem.field)}
<h1>${title}</h1>
<p class="stake"><strong>This is a drill. Nothing is deleted,</strong> whatever you do here. The key was made for it and protects nothing.</p>
<p>When a deletion is asked for in earnest, this page shows what would be lost and takes your decision. Answer as you would then: every Manager hears who could.</p>
<dl>
${row('Key name', typed(drill.keyName))}
${row('Key id', html`<code>${drill.keyId}</code>`)}
${row('Confirm until', time(drill.endsAt))}
${row('Link mailed to', typed(person.email))}
</dl>
<form method="post" action="">
${confirmField(drill.keyId, problem)}
${apiKeyField(view, problem)}
<div class="buttons">
<button type="submit">Confirm that I can approve</button>
</div>
</form>`,
  });
}

function confirmField(keyId: string, problem: Problem | undefined): Html {
  const wrong = problem?.field === 'confirm';
  return html`<label for="confirm">Last ${CONFIRMATION_LENGTH} characters of the key id</label>
<p class="hint" id="confirm-hint">The key id is <code>${keyId}</code>. Typing its end shows that a person answers.</p>
${wrong && html`<p class="field-error" id="confirm-error">${problem.message}</p>`}
<input class="short" type="text" id="confirm" name="confirm" required maxlength="100" autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="confirm-hint${wrong && ' confirm-error'}"${wrong && html` aria-invalid="true" autofocus`}>`;
}

function apiKeyField({ instance }: DrillView, problem: Problem | undefined): Html {
  const needed = instance.approvalNeedsCredential === true;
  const wrong = problem?.field === 'apiKey';
  const hint = needed
    ? 'Here a mailed link alone does not approve.'
    : 'With it you show that you have one at hand as well.';
  return html`<label for="apiKey">Your API key${!needed && ' (optional)'}</label>
<p class="hint" id="apiKey-hint">${hint}</p>
${wrong && html`<p class="field-error" id="apiKey-error">${problem.message}</p>`}
<input type="password" id="apiKey" name="apiKey" maxlength="1000" autocomplete="current-password" aria-describedby="apiKey-hint${wrong && ' apiKey-error'}"${needed && html` required`}${wrong && html` aria-invalid="true" autofocus`}>`;
}

function confirmedPage({ instance, drill, person }: DrillView): Html {
  const mine = drill.participants.find(({ personId }) => personId === person.id);
  return layout({
    title: 'You have confirmed',
    instance,
    main: html`<h1>You have confirmed</h1>
<p>${mine?.confirmation && time(mine.confirmation.at)}. Nothing was deleted: it was a drill. When it has ended, every Manager hears by mail who could approve.</p>
${
  mine?.confirmation?.couldApprove === false &&
  html`<p class="stake"><strong>A deletion that is asked for now you could not approve:</strong> you have been a Manager, or had your address, for too short a time.</p>`
}`,
  });
}

const endedPage = ({ instance }: DrillView): Html =>
  layout({
    title: 'The drill has ended',
    instance,
    main: html`<h1>The drill has ended</h1>
<p>Your confirmation would come too late; every Manager has heard by mail what came of it. Nothing was deleted: it was a drill.</p>`,
  });
