import { html } from 'hono/html';
import { MOST_ROUNDS } from '../../../domain/authorization.ts';
import { type WaitingOn, type WaitingThing, waitingOn } from '../../../operations/waiting-on.ts';
import type { Html } from '../../layout.ts';
import { time, typed } from '../../parts.ts';
import { consoleLayout } from '../layout.ts';
import { type ConsolePage, consolePage, page, type Visit } from '../page.ts';
import { statusTag, table, tag } from '../parts.ts';
import { PATTERNS, paths } from '../paths.ts';
import { answered } from '../refused.ts';
import { aboutWords } from './change-parts.ts';

/** In seconds: how often a page that is left open looks again. */
const LOOK_AGAIN = 60;

/** What waits, on whom, since when and until when. */
export const WAITING_PAGES: readonly ConsolePage[] = [
  consolePage({
    method: 'GET',
    path: PATTERNS.waiting,
    who: 'listAuthorizations',
    handle: async (visit) =>
      answered(visit, await waitingOn(visit.context, visit.caller), (waiting) =>
        page(waitingHtml(visit, waiting)),
      ),
  }),
];

function waitingHtml(visit: Visit, { things, complete }: WaitingOn): Html {
  const title = 'Who is waited for';
  const main = html`<h1>${title}</h1>
<p>Everything that is not over, the oldest first: deletions of the keys that you may read, change requests where you are a Manager, and the drill that is under way.</p>
<div id="waiting-on" data-refresh="${LOOK_AGAIN}">
${table({
  caption: 'What waits, and on whom',
  rows: things,
  empty: 'Nothing waits.',
  columns: [
    { label: 'What', heading: true, cell: (thing) => whatCell(visit, thing) },
    { label: 'State', cell: stateCell },
    { label: 'Waits for', cell: whomCell },
    { label: 'Since', cell: ({ since }) => time(since) },
    { label: 'Until', cell: ({ until }) => (until === undefined ? '–' : time(until)) },
  ],
})}
${!complete && html`<p>There are more deletions than are looked through or shown here.</p>`}
</div>`;
  return consoleLayout({ visit, title, main, wide: true });
}

function whatCell(visit: Visit, thing: WaitingThing): Html {
  switch (thing.kind) {
    case 'deletion': {
      const { id, keyId } = thing.authorization;
      return html`<a href="${visit.href(paths.authorization(keyId, id))}">Deletion of ${typed(thing.key.name)}</a>`;
    }
    case 'change':
      return html`<a href="${visit.href(paths.changeRequest(thing.request.id))}">${typed(aboutWords(thing.request))}</a>`;
    case 'drill':
      return html`<a href="${visit.href(paths.drill(thing.drill.id))}">${typed(thing.drill.keyName)}</a>`;
    default:
      return thing satisfies never;
  }
}

function stateCell(thing: WaitingThing): Html {
  switch (thing.kind) {
    case 'deletion': {
      const { status, round } = thing.authorization;
      return html`${statusTag(status)}${round > 1 && html` round ${round} of ${MOST_ROUNDS}`}`;
    }
    case 'change':
      return tag('waits for approval', 'waiting');
    case 'drill':
      return tag('under way', 'waiting');
    default:
      return thing satisfies never;
  }
}

const whomCell = (thing: WaitingThing): Html => {
  const { waitsFor, until } = thing;
  const problem = stalledBy(thing);
  if (problem !== undefined) {
    return html`<strong>whoever can mend it:</strong> it does not go on where the key lives. ${typed(problem)}`;
  }
  if (waitsFor.length > 0) return html`${waitsFor.map((name, i) => html`${i > 0 && ', '}${typed(name)}`)}`;
  return until === undefined
    ? html`Countersign, which carries it out`
    : html`<strong>nobody who could:</strong> it ends by itself`;
};

/** Why a deletion that has begun where its key lives does not go on; undefined where it does. */
function stalledBy(thing: WaitingThing): string | undefined {
  if (thing.kind !== 'deletion' || thing.authorization.status !== 'destroying') return undefined;
  const { stalledAt, problem = 'Its provider does not answer' } = thing.authorization;
  return stalledAt === undefined ? undefined : problem;
}
