import { html } from 'hono/html';
import type { Authorization } from '../domain/authorization.ts';
import type { Manifest } from '../domain/manifest.ts';
import { type EpochMillis, toDate } from '../domain/time.ts';
import { externalFacts } from '../mails/external.ts';
import { formatDate, formatTime, nameOf, shortDigest, singleLine } from '../mails/words.ts';
import type { RoundView } from '../operations/round-view.ts';
import type { Html } from './layout.ts';
import { resourcesOf, resourcesTitle } from './resources.ts';

/** What is shown at once; the rest unfolds. */
const FIRST_VERSIONS = 3;

/** Somebody's text: one line, and kept from turning round what stands beside it. */
export const typed = (text: string): Html => html`<bdi>${singleLine(text)}</bdi>`;

export const time = (at: EpochMillis): Html => html`<time datetime="${toDate(at)}">${formatTime(at)}</time>`;

export const person = (view: Pick<RoundView, 'emails'>, id: string): Html => typed(nameOf(id, view.emails));

/** One named value of a `<dl>`. */
export const row = (name: string, value: Html): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>
`;

const givenRow = (name: string, value: string | undefined): Html | '' =>
  value === undefined ? '' : row(name, typed(value));

/** Everything that a deletion takes away. */
export const lossList = (manifest: Manifest): Html => html`<dl>
${row('Key name', typed(manifest.name))}
${row('Key id', html`<code>${manifest.keyId}</code>`)}
${row('CRN', html`<code>${manifest.crn}</code>`)}
${row('Aliases', aliasesOf(manifest.aliases))}
${row('Key ring', typed(manifest.keyRingId))}
${row('Kind', html`${manifest.type}`)}
${row(manifest.versions.length === 1 ? 'One version' : `${manifest.versions.length} versions`, versionsOf(manifest.versions))}
${externalFacts(manifest.external).map(({ name, value }) => row(name, typed(value)))}
${manifest.registrations && row(resourcesTitle(manifest.registrations), resourcesOf(manifest.registrations))}
</dl>`;

const aliasesOf = (aliases: readonly string[]): Html =>
  aliases.length === 0
    ? html`none`
    : html`${aliases.map((alias, i) => html`${i > 0 && ', '}${typed(alias)}`)}`;

type Versions = Manifest['versions'];

const versionsOf = (versions: Versions): Html => html`${versionItems(versions.slice(0, FIRST_VERSIONS))}
${
  versions.length > FIRST_VERSIONS &&
  html`<details><summary>Show the other ${versions.length - FIRST_VERSIONS}</summary>${versionItems(versions.slice(FIRST_VERSIONS))}</details>`
}`;

const versionItems = (versions: Versions): Html =>
  html`${versions.map(({ id, creationDate }) => html`<div><code>${id}</code> of <time datetime="${creationDate}">${formatDate(creationDate)}</time></div>`)}`;

/** To whom the link was mailed, in the list of what was asked for. */
export const mailedTo = (view: RoundView): Html => row('Link mailed to', typed(view.person.email));

/** Who asked, why, when, and what they were shown. */
export const requestList = (
  view: Pick<RoundView, 'authorization' | 'emails'>,
  more: Html | '' = '',
): Html => {
  const { authorization } = view;
  const { manifest, round } = authorization;
  return html`<dl>
${row('Requested by', person(view, authorization.requester))}
${row('Requested at', time(authorization.requestedAt))}
${givenRow('Reason', manifest.reason)}
${givenRow('Ticket', manifest.ticket)}
${round > 1 && row('Round', html`${round}: asked again after an earlier round had closed`)}
${more}
${row('Manifest digest', digestOf(authorization))}
</dl>`;
};

const digestOf = ({
  manifestDigest,
}: Authorization): Html => html`<code>${shortDigest(manifestDigest)}…</code>
<details><summary>Show all of it</summary><code>${manifestDigest}</code><br>SHA-256 of all that is said here about the key and the request.</details>`;

/** What went wrong, first thing on the page, with a way to the field. */
export const errorSummary = (message: string, field?: string): Html => html`<div class="error" role="alert">
<h2>${field === undefined ? 'This was not done' : 'There is a problem'}</h2>
<p>${field === undefined ? message : html`<a href="#${field}">${message}</a>`}</p>
</div>`;
