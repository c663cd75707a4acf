import type { Authorization, Command, Facts, Status } from './protocol.ts';

/** One condition of the design's table: what it says of the key and its authorization as they are now. */
type Condition = (facts: Facts) => boolean;

const ASKS_AGAIN: readonly Status[] = ['lapsed', 'drifted'];

const pointed = ({ flight, key }: Facts): Authorization | undefined => key.authorizations[flight.read.points];
const sameRound = ({ read, authorization }: Facts): boolean => read.round === authorization.round;
const sameStatus = ({ read, authorization }: Facts): boolean => read.status === authorization.status;
const pointsHere = ({ flight, key }: Facts): boolean => key.points === flight.slot;
const requesterHolds = ({ grants, authorization }: Facts): boolean =>
  grants[authorization.requester] !== null;
const olderThan = (granted: number | null | undefined, requestedAt: number): boolean =>
  granted !== null && granted !== undefined && granted < requestedAt;

/** The conditions of the writes in `lib/operations`, a row each, by the operation that has them. */
const TABLE = {
  'record: no item with this id': ({ authorization }) => authorization.status === 'asked',
  'record: lossVersion': ({ flight, key }) => key.lossVersion === flight.read.lossVersion,
  'record: stopVersion': ({ key, read }) => key.stop === read.stop,
  'record: policy': ({ key, read }) => key.twoPeople === read.twoPeople,
  'record: what it supersedes': (facts) => {
    const { flight, key } = facts;
    const before = flight.read.authorizations[flight.read.points];
    const now = pointed(facts);
    return (
      key.points === flight.read.points &&
      now?.status === before?.status &&
      now?.round === before?.round &&
      now?.status !== 'approved' &&
      now?.status !== 'destroying'
    );
  },
  'record: grant': requesterHolds,

  'approve: points here': pointsHere,
  'approve: pending': ({ authorization }) => authorization.status === 'pending',
  'approve: round': sameRound,
  'approve: window': ({ flight, authorization }) => flight.now < authorization.endsAt,
  'approve: another person': ({ flight, authorization }) => flight.by !== authorization.requester,
  "approve: requester's grant": requesterHolds,
  "approve: approver's grant": ({ flight, grants, authorization }) =>
    olderThan(grants[flight.by], authorization.requestedAt),
  'approve: lossVersion': ({ key, read }) => key.lossVersion === read.lossVersion,

  'deny: points here': pointsHere,
  'deny: pending': ({ authorization }) => authorization.status === 'pending',
  'deny: round': sameRound,
  'deny: grant': ({ flight, grants }) => grants[flight.by] !== null,

  'withdraw: points here': ({ flight, key }) => key.points === flight.read.points,
  'withdraw: status': (facts) => facts.flight.read.points < 0 || sameStatus(facts),
  'withdraw: not destroying': (facts) => pointed(facts)?.status !== 'destroying',
  'withdraw: raises stopVersion': () => true,

  'lapse: pending': ({ authorization }) => authorization.status === 'pending',
  'lapse: round': sameRound,
  'lapse: window': ({ flight, authorization }) => flight.now >= authorization.endsAt,

  'reauthorize: status': ({ authorization }) => ASKS_AGAIN.includes(authorization.status),
  'reauthorize: round': sameRound,
  'reauthorize: time': ({ flight, authorization }) => flight.now < authorization.endsAt,
  'reauthorize: lossVersion': ({ flight, key }) => key.lossVersion === flight.read.lossVersion,
  'reauthorize: grant': ({ flight, grants }) => grants[flight.by] !== null,

  'expire: status': ({ authorization }) => ASKS_AGAIN.includes(authorization.status),
  'expire: round': sameRound,
  'expire: time': ({ flight, authorization }) => flight.now >= authorization.endsAt,

  'destroy: points here': pointsHere,
  'destroy: approved': ({ authorization }) => authorization.status === 'approved',
  'destroy: lossVersion': ({ key, read }) => key.lossVersion === read.lossVersion,
  "destroy: requester's grant": requesterHolds,
  "destroy: approver's grant": ({ grants, authorization }) =>
    !authorization.twoPeople ||
    (authorization.approver !== undefined &&
      olderThan(grants[authorization.approver], authorization.requestedAt)),
  'destroy: approval not too old': () => true,
  'finish: destroying': ({ authorization }) => authorization.status === 'destroying',
  // Of what changes the loss, which is one write each: registering a resource, or removing it.
  'change: not destroying': () => true,

  'destroy: policy still off': ({ key, authorization }) => authorization.twoPeople || !key.twoPeople,
} as const satisfies { readonly [name: string]: Condition };

export type ConditionName = keyof typeof TABLE;
export const CONDITIONS = Object.keys(TABLE) as readonly ConditionName[];

/** Conditions to leave out: of the write alone, or of the rule that is decided on what was read as well. */
export interface Removed {
  readonly write?: readonly ConditionName[];
  readonly both?: readonly ConditionName[];
}

/** What a command's rows in the table begin with. */
type Row = Command | 'lapse' | 'expire';

export interface Conditions {
  /** Whether the rule lets the command begin. */
  readonly rule: (facts: Facts) => boolean;
  /** Whether the write that makes this status of it is made. */
  readonly write: (facts: Facts, becomes: Status) => boolean;
  /** Whether this one counts at all. */
  readonly checked: (name: ConditionName) => boolean;
}

export function conditionsOf({ write = [], both = [] }: Removed): Conditions {
  const hold = (row: Row, facts: Facts, without: readonly ConditionName[]): boolean =>
    CONDITIONS.every((name) => !name.startsWith(`${row}:`) || without.includes(name) || TABLE[name](facts));
  const unwritten = [...write, ...both];
  return {
    // A changed loss is no refusal: it makes the approval a drift.
    rule: (facts) => hold(facts.flight.command, facts, [...both, 'approve: lossVersion']),
    write: (facts, becomes) => {
      const { command } = facts.flight;
      // What ends an approval without a destruction only needs it to be the same approval still.
      if (command === 'destroy' && becomes !== 'consumed' && becomes !== 'destroying')
        return pointsHere(facts) && sameStatus(facts);
      if (becomes === 'drifted') return pointsHere(facts) && sameStatus(facts) && sameRound(facts);
      if (command !== 'settle') return hold(command, facts, unwritten);
      if (becomes === 'void') return sameStatus(facts) && sameRound(facts);
      if (becomes === 'lapsed') return hold('lapse', facts, unwritten);
      return facts.read.status === 'pending'
        ? hold('lapse', facts, unwritten)
        : hold('expire', facts, unwritten);
    },
    checked: (name) => !both.includes(name) && !write.includes(name),
  };
}
