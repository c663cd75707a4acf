import { html } from 'hono/html';
import * as z from 'zod';
import { couldCall, mayCall } from '../../../domain/access.ts';
import {
  type Confirmation,
  DEFAULT_DRILL,
  type Drill,
  type DrillParticipant,
  type DrillResult,
  isAwaited,
  LONGEST_DRILL,
  resultOf,
  SHORTEST_DRILL,
} from '../../../domain/drill.ts';
import { CursorError } from '../../../domain/errors.ts';
import { CONFIRMATION_LENGTH } from '../../../domain/key.ts';
import { displayNameOf } from '../../../domain/person.ts';
import { parseDuration, toDuration } from '../../../domain/time.ts';
import { nameOf } from '../../../mails/words.ts';
import { confirmDrillAs } from '../../../operations/confirm-drill.ts';
import { listDrills, readDrill, startDrill } from '../../../operations/drills.ts';
import type { Html } from '../../layout.ts';
import { row, time, typed } from '../../parts.ts';
import { formErrors, formField } from '../fields.ts';
import { csrfField, readForm } from '../form.ts';
import { consoleLayout } from '../layout.ts';
import { notFound } from '../messages.ts';
import { type Answer, type ConsolePage, consolePage, page, seeOther, type Visit } from '../page.ts';
import { pager, table, tag } from '../parts.ts';
import { PATTERNS, paths } from '../paths.ts';
import { refusedPage } from '../refused.ts';
import { type Attempt, filled, mistaken, refusedForm, titled } from './shared.ts';

const PAGE = 50;

/** Whether the Managers can still approve: asking them all, and what came of it. */
export const DRILL_PAGES: readonly ConsolePage[] = [
  consolePage({ method: 'GET', path: PATTERNS.drills, who: 'readDrills', handle: (visit) => list(visit) }),
  consolePage({ method: 'POST', path: PATTERNS.drills, who: 'startDrill', handle: start }),
  consolePage({
    method: 'GET',
    path: PATTERNS.drill,
    // Also for a Manager of one key or ring, whom a drill asks and who reads no other.
    who: 'signed-in',
    handle: async (visit) => {
      const found = await readDrill(visit.context, visit.caller, visit.param('drillId'));
      return found.ok ? page(drillHtml(visit, found.value)) : notFound(visit);
    },
  }),
  consolePage({ method: 'POST', path: PATTERNS.drill, who: 'confirmDrill', handle: confirm }),
];

const DURATION_RULE = 'Write an ISO 8601 duration from PT1H to P20D, like P7D';

const LONGEST_CONFIRMATION = 100;
const CONFIRM_RULE = `Type the last ${CONFIRMATION_LENGTH} characters of the key id`;

const FORM = z.object({
  duration: z
    .string(DURATION_RULE)
    .trim()
    .max(40, DURATION_RULE)
    .transform((text) => parseDuration(text) ?? 0)
    .refine((seconds) => seconds >= SHORTEST_DRILL && seconds <= LONGEST_DRILL, DURATION_RULE),
});

async function start(visit: Visit): Promise<Answer> {
  const read = readForm(visit, FORM);
  if (!read.ok) return list(visit, mistaken(visit, read.errors));
  const started = await startDrill(visit.context, visit.caller, read.value.duration);
  return started.ok
    ? seeOther(paths.drill(started.value.id), 'drill-started')
    : list(visit, refusedForm(visit, started.refusal));
}

async function list(visit: Visit, attempt?: Attempt): Promise<Answer> {
  const after = visit.query.get('after');
  try {
    const listed = await listDrills(visit.context, visit.caller, {
      limit: PAGE,
      ...(after !== null && { after }),
    });
    if (!listed.ok) return refusedPage(visit, listed.refusal);
    const title = 'Drills';
    const main = html`${formErrors(attempt?.errors)}
<h1>${title}</h1>
<p>A drill asks every Manager by mail to confirm that they can still approve, about a key that is made for it. Nothing is deleted. Every Manager hears who did not answer.</p>
${drillTable(visit, listed.value.drills)}
${pager(visit, listed.value.cursor)}
${mayCall(visit.caller.person, 'startDrill') && startForm(visit, attempt)}`;
    return page(consoleLayout({ visit, title: titled(title, attempt), main }), attempt?.status ?? 200);
  } catch (error) {
    // An address that was kept for too long, or typed.
    if (error instanceof CursorError) return notFound(visit);
    throw error;
  }
}

const drillTable = (visit: Visit, drills: readonly Drill[]): Html =>
  table({
    caption: 'Drills, the newest first',
    rows: drills,
    empty: 'There was none yet.',
    columns: [
      {
        label: 'Drill',
        heading: true,
        cell: ({ id, keyName }) => html`<a href="${visit.href(paths.drill(id))}">${typed(keyName)}</a>`,
      },
      { label: 'State', cell: drillTag },
      { label: 'Began', cell: ({ startedAt }) => time(startedAt) },
      { label: 'Ends', cell: (drill) => time(drill.status === 'ended' ? drill.endedAt : drill.endsAt) },
      {
        label: 'Confirmed',
        cell: ({ participants }) =>
          `${participants.filter(({ confirmation }) => confirmation !== undefined).length} of ${participants.length}`,
      },
    ],
  });

const drillTag = ({ status }: Drill): Html =>
  status === 'open' ? tag('under way', 'waiting') : tag('ended', 'quiet');

const startForm = (visit: Visit, attempt: Attempt | undefined): Html => html`<h2>Start a drill</h2>
<form method="post" action="${visit.href(paths.drills)}" class="narrow" novalidate>
${csrfField(visit)}
${formField({ name: 'duration', label: 'How long they have to answer', hint: 'An ISO 8601 duration: P7D for seven days, PT12H for twelve hours', value: filled(attempt, 'duration', toDuration(DEFAULT_DRILL)), error: attempt?.errors.duration, short: true, required: true })}
<div class="submit"><button type="submit" class="first">Mail every Manager</button></div>
</form>`;

const CONFIRM = z.object({
  confirm: z.string(CONFIRM_RULE).trim().min(1, CONFIRM_RULE).max(LONGEST_CONFIRMATION, CONFIRM_RULE),
});

/** What the mailed link does, for whoever is asked and signed in: their session is the credential. */
async function confirm(visit: Visit): Promise<Answer> {
  const found = await readDrill(visit.context, visit.caller, visit.param('drillId'));
  if (!found.ok) return notFound(visit);
  const drill = found.value;
  const shown = (attempt: Attempt) => page(drillHtml(visit, drill, attempt), attempt.status);
  const read = readForm(visit, CONFIRM);
  if (!read.ok) return shown(mistaken(visit, read.errors));
  const which = { id: drill.id, confirm: read.value.confirm, through: 'console' } as const;
  const confirmed = await confirmDrillAs(visit.context, visit.caller, which);
  return confirmed.ok
    ? seeOther(paths.drill(drill.id), 'drill-confirmed')
    : shown(refusedForm(visit, confirmed.refusal, ['confirm']));
}

const confirmForm = (
  visit: Visit,
  { id, keyId }: Drill,
  attempt: Attempt | undefined,
): Html => html`<h2>Can you still approve?</h2>
<p><strong>Nothing is deleted:</strong> the key was made for this drill and protects nothing. Every Manager hears who has confirmed.</p>
<form method="post" action="${visit.href(paths.drill(id))}" class="narrow" novalidate>
${csrfField(visit)}
${formField({ name: 'confirm', label: `Last ${CONFIRMATION_LENGTH} characters of the key id`, hint: `The key id is ${keyId}. Typing its end shows that a person answers.`, value: filled(attempt, 'confirm'), error: attempt?.errors.confirm, maxLength: LONGEST_CONFIRMATION, short: true, required: true })}
<div class="submit"><button type="submit" class="first">Confirm that I can approve</button></div>
</form>
`;

function drillHtml(visit: Visit, drill: Drill, attempt?: Attempt): Html {
  const names = Object.fromEntries(drill.participants.map(({ personId, email }) => [personId, email]));
  const { person } = visit.caller;
  const starter = nameOf(drill.startedBy, { [person.id]: displayNameOf(person), ...names });
  const asked = couldCall(person, 'confirmDrill') && isAwaited(drill, person.id, visit.context.clock.now());
  const main = html`${formErrors(attempt?.errors)}
<h1>${typed(drill.keyName)}</h1>
<p>${drillTag(drill)}</p>
<dl>
${row('Started by', typed(starter))}
${row('Began', time(drill.startedAt))}
${drill.status === 'ended' ? row('Ended', time(drill.endedAt)) : row('Ends', time(drill.endsAt))}
${row('Key made for it', html`<code>${drill.keyId}</code>`)}
</dl>
${asked && confirmForm(visit, drill, attempt)}
<h2>Who was asked</h2>
${table({
  caption: 'Every Manager when it began',
  rows: drill.participants,
  empty: 'Nobody was asked: no Manager gets mail.',
  columns: [
    { label: 'Who', heading: true, cell: ({ email }) => typed(email) },
    { label: 'Result', cell: (one) => resultTag(one, drill.status) },
    { label: 'Confirmed', cell: confirmedCell },
  ],
})}`;
  return consoleLayout({ visit, title: titled(drill.keyName, attempt), current: paths.drills, main });
}

/** While it is under way, whoever has not answered may still do so. */
const resultTag = (one: DrillParticipant, status: Drill['status']): Html =>
  one.confirmation === undefined && status === 'open'
    ? tag('has not answered yet', 'waiting')
    : tag(...RESULTS[resultOf(one)]);

const RESULTS: {
  readonly [result in DrillResult]: readonly [words: string, tone: Parameters<typeof tag>[1]];
} = {
  ready: ['could approve', 'good'],
  'not-able': ['answered, but could not have approved', 'danger'],
  silent: ['did not answer', 'danger'],
  'not-reached': ['was not reached by mail', 'danger'],
};

const THROUGH: { readonly [through in Confirmation['through']]: string } = {
  link: 'the mailed link',
  api: 'the API',
  console: 'the console',
};

const confirmedCell = ({ confirmation }: DrillParticipant): Html | string =>
  confirmation === undefined
    ? '–'
    : html`${time(confirmation.at)} through ${THROUGH[confirmation.through]}${confirmation.withCredential && ', with a credential of their own'}`;
