import { html } from 'hono/html';
import { type AuditEvent, COUNTERSIGN } from '../../domain/audit.ts';
import { deedOf, detailsOf } from '../../domain/event-words.ts';
import type { PersonId } from '../../domain/person.ts';
import { type EpochMillis, SECOND } from '../../domain/time.ts';
import type { MailTemplate } from '../../mails/templates.ts';
import { nameOf } from '../../mails/words.ts';
import type { ExecutionHistory, OpeningRecord } from '../../operations/history.ts';
import type { MailRecord } from '../../operations/mail-records.ts';
import type { Html } from '../layout.ts';
import { typed } from '../parts.ts';
import { exactTime } from './exact-time.ts';
import { stateWords } from './graph/state-words.ts';
import { table } from './parts.ts';

/** What one time line is made of; each in any order. */
export interface TimelineParts {
  readonly events: readonly AuditEvent[];
  readonly mails: readonly MailRecord[];
  readonly openings: readonly OpeningRecord[];
  readonly executions: readonly Pick<ExecutionHistory, 'name' | 'events'>[];
}

export interface TimelineEntry {
  readonly at: EpochMillis;
  /** `person`: what somebody or Countersign did, of the chain of events; the others are the server's word. */
  readonly kind: 'person' | 'mail' | 'opening' | 'execution';
  readonly who: PersonId;
  readonly what: string;
  /** Through what it came: the API, or a mailed link. */
  readonly from?: string;
  readonly details: readonly (readonly [label: string, value: string])[];
}

/** Everything in the order in which it happened; in one millisecond what people did comes first. */
export function timelineOf({ events, mails, openings, executions }: TimelineParts): readonly TimelineEntry[] {
  const entries = [
    ...events.map(ofEvent),
    ...mails.flatMap(ofMail),
    ...openings.flatMap(ofOpening),
    ...executions.flatMap(({ events: steps }) => steps.flatMap(ofExecution)),
  ];
  return entries.toSorted((a, b) => a.at - b.at || KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
}

const KINDS: readonly TimelineEntry['kind'][] = ['person', 'execution', 'mail', 'opening'];

const FROM: { readonly [through: string]: string } = {
  api: 'the API',
  link: 'the link that was mailed to them',
  console: 'the console',
};

function ofEvent(event: AuditEvent): TimelineEntry {
  const { at, actor, round, data } = event;
  const through = data?.decidedThrough;
  return {
    at,
    kind: 'person',
    who: actor,
    what: deedOf(event),
    ...(typeof through === 'string' && { from: FROM[through] ?? through }),
    details: [
      ...(round === undefined ? [] : [['round', String(round)] as const]),
      ...detailsOf(event).filter(([label]) => label !== 'through'),
    ],
  };
}

const MAILS: { readonly [template in MailTemplate]: string } = {
  'approval-requested': 'the request to approve, with a link',
  'half-time-reminder': 'a reminder at half time, with a link',
  'last-day-reminder': 'a reminder on the last day, with a link',
  'window-closed': 'that nobody had approved in time',
  'loss-changed': 'that what would be lost had changed',
  'key-destroyed': 'that the key was destroyed',
  denied: 'that it was denied',
  unexpected: 'that somebody had not expected it',
  withdrawn: 'that it was withdrawn',
  superseded: 'that it was asked for anew',
  expired: 'that it had ended',
  'deletion-stalled': 'that the deletion does not go on',
  'not-carried-out': 'that it was not carried out',
};

/** A mail is queued when it becomes necessary, a reminder long before it is due; most go out in the same second. */
function ofMail(mail: MailRecord): readonly TimelineEntry[] {
  const { personId: who, round, template, status, sentAt, problem, attempts } = mail;
  const about = MAILS[template] ?? template;
  const base = { kind: 'mail', who, details: [['round', String(round)] as const] } as const;
  const queuedAt = Number(mail.id.slice(0, mail.id.indexOf('-')));
  const queued = { ...base, at: queuedAt, what: `was to be mailed ${about}` };
  if (sentAt !== undefined) {
    const sent = { ...base, at: sentAt, what: `was mailed ${about}` };
    return sentAt - queuedAt < SECOND ? [sent] : [queued, sent];
  }
  const tried = [
    ['attempts', String(attempts)] as const,
    ...(problem === undefined ? [] : [['problem', problem] as const]),
  ];
  const state = {
    due: 'it has not gone out yet',
    'given-up': 'sending it was given up',
    dropped: 'nobody needed it any more',
    sent: '',
  };
  return [{ ...queued, details: [...base.details, ['mail', state[status]], ...(attempts > 0 ? tried : [])] }];
}

/** A mail scanner opens links as well. */
function ofOpening({
  personId: who,
  round,
  firstAt,
  lastAt,
  count,
}: OpeningRecord): readonly TimelineEntry[] {
  const base = { kind: 'opening', who, from: 'the link that was mailed to them' } as const;
  const details = [['round', String(round)]] as const;
  const first = { ...base, at: firstAt, what: 'or a mail scanner opened the page behind the link', details };
  if (count === 1) return [first];
  const times = [...details, ['openings until then', String(count)]] as const;
  return [
    first,
    { ...base, at: lastAt, what: 'or a mail scanner opened it for the last time', details: times },
  ];
}

/** Entering a state says enough: the table of events has the rest. */
function ofExecution({
  type,
  timestamp,
  details,
}: ExecutionHistory['events'][number]): readonly TimelineEntry[] {
  const base = { at: Date.parse(timestamp), kind: 'execution', who: COUNTERSIGN } as const;
  if (type.endsWith('StateEntered')) {
    return [{ ...base, what: `came to the step “${stateWords(String(details.name))}”`, details: [] }];
  }
  const ended = /^Execution(Succeeded|Failed|Aborted|TimedOut)$/.exec(type)?.[1];
  if (ended === undefined) return [];
  const error = typeof details.error === 'string' ? [['error', details.error] as const] : [];
  return [{ ...base, what: `ended the execution: ${ENDED[ended] ?? ended}`, details: error }];
}

const ENDED: { readonly [how: string]: string } = {
  Succeeded: 'it went as the workflow says',
  Failed: 'it failed',
  Aborted: 'it was stopped',
  TimedOut: 'it took too long',
};

type Names = { readonly [personId: string]: string };

/** The time line as a list, the oldest first. */
export const timelineList = (
  entries: readonly TimelineEntry[],
  names: Names,
): Html => html`<ol class="timeline">
${entries.map(
  ({ at, kind, who, what, from, details }) => html`<li class="${kind}">${exactTime(at)}
<div><strong>${typed(nameOf(who, names))}</strong> ${typed(what)}${from !== undefined && html`, through ${from}`}${details.length > 0 && html`<br><span class="details">${details.map(([label, value], i) => html`${i > 0 && ' · '}${label}: ${typed(value)}`)}</span>`}</div></li>
`,
)}</ol>`;

/** The same as a table: who, what, from where, when. */
export const eventsTable = (entries: readonly TimelineEntry[], names: Names): Html =>
  table({
    caption: 'Everything that happened, the oldest first. Times in UTC',
    rows: entries,
    empty: 'Nothing has happened.',
    columns: [
      { label: 'When', heading: true, cell: ({ at }) => exactTime(at) },
      { label: 'Who', cell: ({ who }) => typed(nameOf(who, names)) },
      { label: 'What', cell: ({ what }) => typed(what) },
      { label: 'Through', cell: ({ from = '–' }) => from },
      {
        label: 'More',
        cell: ({ details }) =>
          details.length === 0
            ? '–'
            : html`${details.map(([label, value], i) => html`${i > 0 && html`<br>`}${label}: ${typed(value)}`)}`,
      },
    ],
  });
