import { html } from 'hono/html';
import { formatDate, singleLine } from '../mails/words.ts';
import { type Html, layout } from './layout.ts';
import type { MailSummary, StoredMail } from './mail-folder.ts';
import { row, typed } from './parts.ts';

/** The list of mails. Links are whole segments, so that they hold under any base path. */
export const outboxPage = (mails: readonly MailSummary[], secret: string): Html =>
  layout({
    title: 'Outbox',
    main: html`<h1>Outbox</h1>
<p>Countersign has no mail server, so it keeps its mails here. <a href="">Look again</a></p>
${mails.length === 0 ? html`<p>No mail was sent yet.</p>` : mailList(mails, secret)}`,
  });

const mailList = (
  mails: readonly MailSummary[],
  secret: string,
): Html => html`<p class="hint">Newest first</p>
<ol class="mails">
${mails.map(
  (
    mail,
  ) => html`<li><a href="${encodeURIComponent(secret)}/${encodeURIComponent(mail.file)}">${typed(mail.subject)}</a>
<p class="hint">To ${typed(mail.to)}, ${formatDate(mail.date)}</p></li>
`,
)}
</ol>`;

/**
 * One mail as plain text. Its HTML part is not shown: under a policy that forbids foreign styles it would look
 * broken, and it says nothing else.
 */
export const mailPage = (mail: StoredMail, secret: string): Html =>
  layout({
    title: singleLine(mail.subject),
    main: html`<h1>${typed(mail.subject)}</h1>
<dl>
${row('To', typed(mail.to))}
${row('When', html`${formatDate(mail.date)}`)}
</dl>
<pre>${mail.text.split('\n').map(line)}</pre>
<p><a href="../${encodeURIComponent(secret)}">Back to the outbox</a></p>`,
  });

const LINK = /^https?:\/\/[^\s<>"']+$/;

// Only a line that is a link and nothing else: a key's name or a reason may hold any address.
const line = (text: string): Html =>
  LINK.test(text)
    ? html`<a href="${text}">${text}</a>
`
    : html`${text}
`;
