/** What is measured while it runs, for alarms and dashboards. What is not in this table is not measured. */
export const MEASURES = {
  /** Pending authorizations that were looked at on their last day: nobody has decided. */
  ApprovalsNearTheirEnd: {
    kind: 'counter',
    help: 'Pending authorizations seen on the last day of their window',
  },
  /** Decisions that their execution has not carried out long after its wake-up. */
  DecisionsNotWoken: {
    kind: 'counter',
    help: 'Decided authorizations whose execution has not moved on in five minutes',
  },
  /** They may go on by themselves, and until somebody has mended it they do not. */
  DeletionsStalled: {
    kind: 'counter',
    help: 'Deletions seen that have begun where their key lives and do not go on',
  },
  ExecutionsReplaced: { kind: 'counter', help: 'Executions that were gone and were begun anew' },
  MailsGivenUp: { kind: 'counter', help: 'Mails that are not tried again until somebody has them sent' },
  MailsRefused: { kind: 'counter', help: 'Attempts to hand a mail over that failed and are repeated' },
  MailsSent: { kind: 'counter', help: 'Mails that a mail server took' },
  DueItems: { kind: 'gauge', help: 'Items that the last sweep found due' },
  ExecutionsArchivedLate: {
    kind: 'gauge',
    help: 'Closed executions that the last pass over the archive found missing, and archived',
  },
  ExecutionsLookedFor: {
    kind: 'gauge',
    help: 'Closed executions that the last pass looked for in the archive',
  },
  SecondsBehind: { kind: 'gauge', help: 'Age in seconds of the oldest item that the last sweep found due' },
} as const satisfies Readonly<Record<string, { readonly kind: 'counter' | 'gauge'; readonly help: string }>>;

export type Measure = keyof typeof MEASURES;

/** The service that all measures are told of, whichever function it was. */
export const MEASURED_AS = 'countersign';
