import type { StoreGauges } from '../adapters/sqlite/gauges.ts';
import type { Family, Sample } from '../http/openmetrics.ts';
import type { SinkReport } from './events.ts';
import type { Seen } from './seen.ts';

export interface InstallationGauges extends StoreGauges {
  readonly executions: number;
  readonly sinks: readonly SinkReport[];
}

/** What waits for people: every other status that is not finished waits for the workflow. */
const WAITING = ['pending', 'lapsed', 'drifted'] as const;

const seconds = (milliseconds: number): number => milliseconds / 1000;

/** The metrics of an installation, at `now` in milliseconds. Names and meanings: docs/operations.md. */
export function installationFamilies(
  gauges: InstallationGauges,
  seen: Pick<Seen, 'commits' | 'sweeper' | 'mail'>,
  now: number,
): readonly Family[] {
  return [...authorizationFamilies(gauges, now), ...workFamilies(gauges, seen), ...sinkFamilies(gauges, now)];
}

function authorizationFamilies({ unfinished }: StoreGauges, now: number): readonly Family[] {
  const waiting = WAITING.map(
    (status) => unfinished.find((one) => one.status === status) ?? { status, count: 0 },
  );
  const deciding = unfinished.filter(({ status }) => !WAITING.some((one) => one === status));
  const pending = unfinished.find(({ status }) => status === 'pending');
  const elsewhere = unfinished.find(({ status }) => status === 'destroying');
  return [
    gauge(
      'countersign_authorizations_waiting',
      'Authorizations that wait for people, by status.',
      waiting.map(({ status, count }) => ({ labels: { status }, value: count })),
    ),
    inSeconds(
      'countersign_authorization_oldest_seconds',
      'Since when the oldest of them waits, by status.',
      waiting.map((one) => ({
        labels: { status: one.status },
        value: 'oldestRequestedAt' in one ? seconds(now - one.oldestRequestedAt) : 0,
      })),
    ),
    inSeconds(
      'countersign_authorization_next_window_end_seconds',
      'Until the first window of a pending authorization closes; negative: it should have.',
      pending === undefined ? [] : [{ value: seconds(pending.firstWindowEnd - now) }],
    ),
    gauge(
      'countersign_decisions_unfinished',
      'Authorizations that are decided and whose execution has not told everybody yet.',
      [{ value: deciding.reduce((sum, { count }) => sum + count, 0) }],
    ),
    gauge(
      'countersign_deletions_begun_elsewhere',
      'Those of them that have begun where their key lives, and are not settled there.',
      [{ value: elsewhere?.count ?? 0 }],
    ),
    inSeconds(
      'countersign_decision_oldest_seconds',
      'Since when the oldest of them was asked for.',
      deciding.length === 0
        ? []
        : [{ value: seconds(now - Math.min(...deciding.map(({ oldestRequestedAt }) => oldestRequestedAt))) }],
    ),
  ];
}

function workFamilies(
  { outbox, undelivered, overdue, executions }: InstallationGauges,
  { commits, sweeper, mail }: Pick<Seen, 'commits' | 'sweeper' | 'mail'>,
): readonly Family[] {
  const { lastSuccess, lastFailure } = mail();
  return [
    gauge(
      'countersign_mails_outbox',
      'Mails that are written and not sent, reminders of later days among them.',
      [{ value: outbox }],
    ),
    gauge(
      'countersign_mails_undelivered',
      'Mails that were tried without success, by what becomes of them.',
      ['due', 'given-up'].map((status) => ({ labels: { status }, value: undelivered[status] ?? 0 })),
    ),
    moment(
      'countersign_mail_last_success_timestamp_seconds',
      'When the mail server last answered.',
      lastSuccess,
    ),
    moment('countersign_mail_last_failure_timestamp_seconds', 'When it last did not.', lastFailure),
    gauge('countersign_executions_open', 'Executions of the workflow that are not closed.', [
      { value: executions },
    ]),
    {
      name: 'countersign_commits',
      type: 'counter',
      help: 'Transactions; refused: a condition of one did not hold, and nothing was written.',
      samples: Object.entries(commits).map(([result, value]) => ({ labels: { result }, value })),
    },
    moment('countersign_sweeper_last_run_timestamp_seconds', 'When the last sweep began.', sweeper.startedAt),
    inSeconds(
      'countersign_sweeper_last_duration_seconds',
      'How long it took.',
      sweeper.milliseconds === undefined ? [] : [{ value: seconds(sweeper.milliseconds) }],
    ),
    gauge(
      'countersign_sweeper_overdue',
      'What the sweeper should have looked at by now, by kind.',
      Object.entries(overdue).map(([kind, value]) => ({ labels: { kind }, value })),
    ),
  ];
}

function sinkFamilies({ sinks }: InstallationGauges, now: number): readonly Family[] {
  const each = (read: (sink: SinkReport) => number): readonly Sample[] =>
    sinks.map((sink) => ({ labels: { sink: sink.name }, value: read(sink) }));
  return [
    gauge(
      'countersign_events_sink_lag',
      'Events that a sink has not taken.',
      each(({ lag }) => lag),
    ),
    inSeconds(
      'countersign_events_sink_lag_seconds',
      'Since when the oldest of them waits.',
      each(({ oldestAt }) => (oldestAt === undefined ? 0 : seconds(now - oldestAt))),
    ),
    gauge(
      'countersign_events_sink_failures',
      'Attempts that failed since the last that did not.',
      each(({ failures }) => failures),
    ),
    gauge(
      'countersign_events_sink_gone',
      '1: it has said that it wants no more, and gets none until it is resumed.',
      each(({ state }) => (state === 'gone' ? 1 : 0)),
    ),
  ];
}

const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name,
  type: 'gauge',
  help,
  samples,
});

const inSeconds = (name: string, help: string, samples: readonly Sample[]): Family => ({
  ...gauge(name, help, samples),
  unit: 'seconds',
});

/** A time in seconds since 1970; without one there is no sample. */
const moment = (name: string, help: string, at: number | undefined): Family =>
  inSeconds(name, help, at === undefined ? [] : [{ value: seconds(at) }]);
