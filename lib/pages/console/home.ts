import { html } from 'hono/html';
import { couldCall } from '../../domain/access.ts';
import type { OpenDrill } from '../../domain/drill.ts';
import { sayProvider } from '../../domain/external-key.ts';
import type { Manifest } from '../../domain/manifest.ts';
import { drillToConfirm } from '../../operations/drills.ts';
import { type Waiting, type WaitingAuthorization, waitingFor } from '../../operations/waiting-for.ts';
import type { Html } from '../layout.ts';
import { time, typed } from '../parts.ts';
import { consoleLayout } from './layout.ts';
import { type ConsolePage, consolePage, page, type Visit } from './page.ts';
import { statusTag, table } from './parts.ts';
import { PATTERNS, paths } from './paths.ts';

/** In seconds: how often a page that is left open looks again. */
const LOOK_AGAIN = 60;

/** What waits for whoever is there, and what waits in their instance. */
export const HOME_PAGES: readonly ConsolePage[] = [
  consolePage({
    method: 'GET',
    path: PATTERNS.home,
    who: 'signed-in',
    handle: async (visit) => {
      const title = 'What waits for you';
      const drill = await drillToConfirm(visit.context, visit.caller);
      const main = html`<h1>${title}</h1>
<div id="waiting" class="even" data-refresh="${LOOK_AGAIN}">
${drill && drillHtml(visit, drill)}
${couldCall(visit.caller.person, 'readHistory') ? lists(visit, await waitingFor(visit.context, visit.caller)) : html`<p>Your role shows no requests.</p>`}
</div>`;
      return page(consoleLayout({ visit, title, main, wide: true }));
    },
  }),
];

const drillHtml = (visit: Visit, { id, keyName, endsAt }: OpenDrill): Html => html`<h2>To confirm</h2>
<p><a href="${visit.href(paths.drill(id))}">${typed(keyName)}</a> asks whether you can still approve, until ${time(endsAt)}. Nothing is deleted.</p>`;

const lists = (visit: Visit, waiting: Waiting): Html => html`
${waiting.toApprove.length + waiting.toReauthorize.length === 0 && html`<p>Nothing waits for you.</p>`}
${section(visit, 'To decide', waiting.toApprove, { caption: 'Deletions that others ask for and that you can approve or deny', until: 'Decide until', to: paths.approval })}
${section(visit, 'To ask for again', waiting.toReauthorize, { caption: 'Deletions that you asked for and that were not approved in time', until: 'Ask again until', to: paths.reauthorization })}
${section(visit, 'You asked for', waiting.asked, { caption: 'Deletions that you ask for and that others decide', until: 'Until', to: paths.authorization })}
<h2>Everything else that waits here</h2>
${list(visit, waiting.others, { caption: 'Deletions that wait on somebody else', until: 'Until', to: paths.authorization })}
${!waiting.complete && html`<p>There are more requests than are looked through or shown here.</p>`}`;

const section = (
  visit: Visit,
  title: string,
  rows: readonly WaitingAuthorization[],
  shape: Shape,
): Html | '' => (rows.length === 0 ? '' : html`<h2>${title}</h2>${list(visit, rows, shape)}`);

interface Shape {
  readonly caption: string;
  /** What the time is called. */
  readonly until: string;
  /** Where one goes on. */
  readonly to: (keyId: string, authorizationId: string) => string;
}

const list = (visit: Visit, rows: readonly WaitingAuthorization[], { caption, until, to }: Shape): Html =>
  table({
    caption,
    rows,
    empty: 'Nothing.',
    columns: [
      {
        label: 'Key',
        heading: true,
        cell: ({ authorization: { id, keyId }, key }) =>
          html`<a href="${visit.href(to(keyId, id))}">${typed(key.name)}</a>`,
      },
      { label: 'Would be lost', cell: ({ authorization }) => lossInShort(authorization.manifest) },
      { label: 'Asked by', cell: ({ requester }) => typed(requester) },
      { label: 'State', cell: ({ authorization }) => statusTag(authorization.status) },
      { label: until, cell: ({ until: at }) => time(at) },
    ],
  });

/** How much hangs on a key, in a few words. */
function lossInShort({ type, versions, registrations, external }: Manifest): string {
  const parts = [
    `${type} of ${counted(versions.length, 'version')}`,
    ...(registrations === undefined ? [] : [`used by ${counted(registrations.total, 'resource')}`]),
    ...(external === undefined ? [] : [`at ${sayProvider(external)}`]),
  ];
  return parts.join(', ');
}

const counted = (number: number, what: string): string => (number === 1 ? `1 ${what}` : `${number} ${what}s`);
