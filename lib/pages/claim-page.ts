import { html } from 'hono/html';
import type { ClaimView } from '../operations/claims.ts';
import { type Html, layout } from './layout.ts';
import { errorSummary, row, time, typed } from './parts.ts';

const MISTYPED =
  'This is not the address that the link was mailed to. Type the address at which you got the mail. Nothing was changed.';

/** A way to do without an API key: an issuer that says who somebody is. */
export interface ClaimIssuer {
  readonly label: string;
  /** The path of ours that leads there. */
  readonly href: string;
  /** Why it did not say so just now. */
  readonly trouble?: string | undefined;
}

/** The page behind a mailed link to an API key. It shows no address: that is what a person knows, and no scanner types. */
export function claimPage(
  view: ClaimView,
  {
    mistyped = false,
    issuer,
  }: { readonly mistyped?: boolean; readonly issuer?: ClaimIssuer | undefined } = {},
): Html {
  if (view.state === 'claimed') return claimedPage(view);
  if (view.state === 'ended') return endedPage(view);
  const title = 'Get your API key';
  return layout({
    title: mistyped ? `Error: ${title}` : title,
    instance: view.instance,
    main: html`${mistyped && errorSummary(MISTYPED, 'confirm')}
<h1>${title}</h1>
<p>With it you are known to the API and the command line. It is shown once, and this link then ends. API keys and a sign-in that you had before end as well.</p>
<dl>
${row('Instance', typed(view.instance.name))}
${row('Instance id', html`<code>${view.instance.id}</code>`)}
${row('Link works until', time(view.expiresAt))}
</dl>
<form method="post" action="">
<label for="confirm">Your e-mail address</label>
<p class="hint" id="confirm-hint">The one at which you got the mail. Typing it shows that a person asks for the key.</p>
${mistyped && html`<p class="field-error" id="confirm-error">${MISTYPED}</p>`}
<input type="text" inputmode="email" id="confirm" name="confirm" required maxlength="254" autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="confirm-hint${mistyped && ' confirm-error'}"${mistyped && html` aria-invalid="true" autofocus`}>
<div class="buttons">
<button type="submit">Show the API key</button>
</div>
</form>
${issuer !== undefined && withoutKey(issuer)}`,
  });
}

const withoutKey = ({ label, href, trouble }: ClaimIssuer): Html => html`<h2>Or without an API key</h2>
<p>Sign in at ${label}, and say which account is yours: from then on you sign in with it. This link then ends as well.</p>
${trouble !== undefined && html`<p class="stake" role="alert">${trouble}</p>`}
<p><a href="${href}">Sign in with ${label}</a></p>`;

/** Shown once, in the answer to the form. */
export const apiKeyPage = ({ instance }: ClaimView, apiKey: string): Html =>
  layout({
    title: 'Your API key',
    instance,
    main: html`<h1>Your API key</h1>
<p class="stake"><strong>It is shown this once.</strong> Keep it in a password manager. Whoever has it acts in your name.</p>
<dl>
${row('API key', html`<code>${apiKey}</code>`)}
${row('Instance id', html`<code>${instance.id}</code>`)}
</dl>
<p>For the command line, set <code>COUNTERSIGN_API_KEY</code> and <code>COUNTERSIGN_INSTANCE</code> to them.</p>`,
  });

const claimedPage = ({ instance, claimedAt }: ClaimView): Html =>
  layout({
    title: 'This link was used',
    instance,
    main: html`<h1>This link was used</h1>
<p>It did what it was for${claimedAt !== undefined && html` on ${time(claimedAt)}`}, and does it no second time.</p>
<p class="stake"><strong>If that was not you,</strong> tell a Manager at once: somebody else acts in your name. They can have another link sent to you, which ends that when you use it.</p>`,
  });

const endedPage = ({ instance }: ClaimView): Html =>
  layout({
    title: 'This link has ended',
    instance,
    main: html`<h1>This link has ended</h1>
<p>It is too old, or another one was sent after it. Nothing was changed. Ask a Manager to have a new link sent to you.</p>`,
  });
