import { html } from 'hono/html';
import type { EpochMillis } from '../../../domain/time.ts';
import { singleLine } from '../../../mails/words.ts';
import type { AuthorizationEvidence } from '../../../operations/authorization-evidence.ts';
import type { Html } from '../../layout.ts';
import { lossList, row, typed } from '../../parts.ts';
import { exactTime } from '../exact-time.ts';
import { consoleLayout } from '../layout.ts';
import type { Visit } from '../page.ts';
import { statusTag, table } from '../parts.ts';
import { paths } from '../paths.ts';
import { eventsTable, timelineOf } from '../timeline.ts';
import { approversSection } from './approvers.ts';
import { namesOf, requestFacts } from './authorization-page.ts';

/** One authorization on paper: who, when, what was shown, through what, and the digests that hold it together. */
export function evidencePage(visit: Visit, view: AuthorizationEvidence, now: EpochMillis): Html {
  const { authorization, instance, key, events, people, approvers, checkpoint } = view;
  const { manifest, keyId, id } = authorization;
  const names = namesOf(people);
  const title = `Evidence: deletion of “${singleLine(manifest.name)}”`;
  return consoleLayout({
    visit,
    title,
    current: paths.authorizations,
    wide: true,
    main: html`<div class="exact">
<h1>Evidence: deletion of “${typed(manifest.name)}”</h1>
<p>Of the instance ${typed(instance.name)} (<code>${instance.id}</code>), as it was known at ${exactTime(now)}. To print this page, use your browser's print command.</p>
<p>${statusTag(authorization.status)}</p>
<h2>Who, when and why</h2>
${requestFacts(authorization, names)}
<h2>What was shown</h2>
<p>Everybody who decided was shown this, in round ${authorization.round}. Its SHA-256 in canonical form is the manifest digest above.</p>
${lossList(manifest)}
<h2>Who could have approved</h2>
${approversSection(approvers)}
<h2>What happened</h2>
${eventsTable(timelineOf(view), names)}
<h2>The chain of events</h2>
<p>Each event carries the hash of the one before; these are those of this authorization.</p>
${table({
  caption: 'Events of the key’s chain about this authorization, with their hashes (SHA-256)',
  rows: events,
  empty: 'No event.',
  columns: [
    { label: 'Number', heading: true, cell: ({ sequence }) => String(sequence) },
    { label: 'When', cell: ({ at }) => exactTime(at) },
    { label: 'Action', cell: ({ action }) => html`<code>${action}</code>` },
    { label: 'Hash', cell: ({ hash }) => html`<code>${hash}</code>` },
  ],
})}
<dl>
${row('Newest event of the key', html`number ${key.auditSequence}, <code>${key.auditHash}</code>`)}
${row('Manifest digest', html`<code>${authorization.manifestDigest}</code>`)}
${row('Loss digest', html`<code>${authorization.lossDigest}</code>`)}
${row('Checkpoint', checkpointWords(checkpoint))}
</dl>
<h2>What this shows, and what it does not</h2>
<ul>
<li>The page is the server's word. On paper it proves nothing to whoever does not trust the server.</li>
<li>The digests tie it to the exported file: an event, a manifest or a checkpoint that differs from what is printed here was changed since, here or there.</li>
<li>${checkpoint === undefined ? 'No checkpoint has been signed yet that covers all of it: until then the end of the chain could be cut off unseen.' : 'The checkpoint was signed when everything above was in the chain: what it covers cannot be cut off or rebuilt without the signing key.'}</li>
<li>It does not show that an account was used by the person whose it is, that the server's clock was right, or who opened a mailed link: mail scanners open links as well. Mails, openings and steps of the workflow are in no chain.</li>
</ul>
<h2>How to verify it</h2>
<p>On any machine with Countersign, the second line without a server; <code>keys.json</code> is what <code>countersign audit public-key</code> printed when the installation was set up.</p>
<pre class="code">countersign audit export --key ${keyId} --authorization ${id} -o evidence.jsonl
countersign audit verify evidence.jsonl --public-key keys.json</pre>
<p><a class="go" href="${visit.href(paths.authorization(keyId, id))}">Back to the authorization</a></p>
</div>`,
  });
}

const checkpointWords = (checkpoint: AuthorizationEvidence['checkpoint']): Html =>
  checkpoint === undefined
    ? html`none yet: one is signed within a minute of a destruction, and otherwise a day after the one before`
    : html`number ${checkpoint.sequence} of the instance, ${exactTime(checkpoint.at)}, ${REASONS[checkpoint.reason]}; covers the key up to event ${checkpoint.head.sequence}, <code>${checkpoint.head.hash}</code>; its own hash is <code>${checkpoint.hash}</code>`;

const REASONS = { destruction: 'after a destruction', daily: 'of the day' } as const;
