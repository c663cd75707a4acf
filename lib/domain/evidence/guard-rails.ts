import { isGuardedRole } from '../guard-rails.ts';
import { ROLES, type Role } from '../person.ts';
import type { EpochMillis } from '../time.ts';
import type { EventLine } from './lines.ts';
import { type Report, timeOf } from './report.ts';
import type { SamePeople } from './same-people.ts';

/** A change of the guard rails that the events tell of. */
export interface GuardRailChange {
  readonly at: EpochMillis;
  /** Whom it made different, by id; undefined where it was settings. */
  readonly person?: string;
  readonly requester: string;
  /** Undefined where there was none: see `alone`. */
  readonly approver?: string;
  /** Why nobody else was needed. */
  readonly alone?: 'trial' | 'operator';
}

type Event = EventLine['event'];

export interface GuardRailChecks {
  /** Forgets the chain before. Of one that is not complete, what came earlier is not known. */
  begin(complete: boolean): void;
  event(line: EventLine, at: number): void;
  readonly changes: readonly GuardRailChange[];
}

const EFFECTS: ReadonlySet<string> = new Set(['countersign.people.change', 'countersign.instance.change']);

/**
 * Follows what was asked for and approved to what was changed: that two different people stood behind each change that
 * a change request was needed for, that it is the one that was approved, and that nobody got a guarded role without one.
 */
export function checkGuardRails(report: Report, people: SamePeople): GuardRailChecks {
  const changes: GuardRailChange[] = [];
  let asked = new Map<string, Event>();
  let approved = new Map<string, Event>();
  let complete = true;
  // Chains from before there were change requests tell of Managers whom one person made.
  let inForce = false;
  // What those hold whose coming the chain tells of; of the first people it tells nothing.
  let held = new Map<string, Set<string>>();

  function approval(event: Event, id: string, at: number): void {
    const request = asked.get(id);
    if (request === undefined) {
      if (complete) report(at, `change request ${id} was approved, and nobody has asked for it`);
      return;
    }
    if (principalOf(event) === principalOf(request)) {
      report(at, `change request ${id} was asked for and approved by one person`);
    }
    if (event.data?.digest !== request.data?.digest) {
      report(at, `the change that was approved is not the one that change request ${id} asked for`);
    }
    const changedAt = people.tooLate(event.actor, { askedAt: request.at });
    if (changedAt !== undefined) {
      report(
        at,
        `change request ${id} was approved by somebody whose address or sign-in was changed at ${timeOf(changedAt)}, too late to approve what was asked for at ${timeOf(request.at)}`,
      );
    }
    approved.set(id, event);
  }

  function effect(event: Event, at: number): void {
    const { changeRequest: id, approvedBy, person, byOperator, exempt } = event.data ?? {};
    const about = typeof person === 'string' ? { person } : {};
    if (typeof id !== 'string') {
      const alone = byOperator === true ? 'operator' : exempt === 'trial' ? 'trial' : undefined;
      if (alone !== undefined) changes.push({ at: event.at, requester: event.actor, alone, ...about });
      const gained = inForce && alone === undefined ? gainedBy(event, held) : [];
      if (gained.length > 0) {
        report(at, `somebody was given ${gained.join(', ')}, and no second Manager has approved it`);
      }
      return;
    }
    const yes = approved.get(id);
    // Its approval is the event before it, in the same write.
    if (yes === undefined && (complete || asked.has(id))) {
      report(at, `change request ${id} was carried out, and nobody has approved it`);
    } else if (yes !== undefined && yes.actor !== approvedBy) {
      report(at, `change request ${id} was carried out in the name of another person than approved it`);
    }
    const request = asked.get(id);
    if (request !== undefined && request.actor !== event.actor) {
      report(at, `change request ${id} was carried out for another person than asked for it`);
    }
    if (yes !== undefined) {
      changes.push({ at: event.at, requester: event.actor, approver: yes.actor, ...about });
      approved.delete(id);
    }
  }

  return {
    changes,
    begin(isComplete) {
      complete = isComplete;
      asked = new Map();
      approved = new Map();
      inForce = false;
      held = new Map();
    },
    event({ event }, at) {
      if (event.outcome !== 'success') return;
      if (event.action.startsWith('countersign.change-requests.')) inForce = true;
      const id = event.data?.changeRequest;
      if (event.action === 'countersign.change-requests.create' && typeof id === 'string') {
        asked.set(id, event);
      } else if (event.action === 'countersign.change-requests.approve' && typeof id === 'string') {
        approval(event, id, at);
      } else if (EFFECTS.has(event.action) || event.action === 'countersign.people.add') {
        effect(event, at);
        follow(event, held);
      }
    },
  };
}

const words = (said: unknown): readonly string[] =>
  typeof said === 'string' && said !== '' ? said.split(' ') : [];

const roleOf = (grant: string): string => grant.split('@')[0] ?? '';

const isGuarded = (grant: string): boolean =>
  (ROLES as readonly string[]).includes(roleOf(grant)) && isGuardedRole(roleOf(grant) as Role);

/**
 * The guarded roles that an event gives to somebody who did not have them: on the instance always, as what somebody has is
 * not given; on a part of it where the chain tells what else they have, as that may be the whole.
 */
function gainedBy({ data }: Event, held: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const added = data?.roles !== undefined;
  const before = typeof data?.person === 'string' ? held.get(data.person) : undefined;
  const had = new Set([...(before ?? []), ...words(data?.revoked)]);
  return words(data?.roles ?? data?.granted)
    .filter(isGuarded)
    .filter((grant) => !had.has(grant) && !had.has(roleOf(grant)))
    .filter((grant) => added || before !== undefined || grant === roleOf(grant));
}

/** Keeps what an event says that somebody has. */
function follow({ data }: Event, held: Map<string, Set<string>>): void {
  if (typeof data?.person !== 'string') return;
  const has = data.roles === undefined ? held.get(data.person) : new Set(words(data.roles));
  if (has === undefined) return;
  for (const grant of words(data.revoked)) has.delete(grant);
  for (const grant of words(data.granted)) has.add(grant);
  held.set(data.person, has);
}

/** A service is its owner. */
const principalOf = ({ actor, data }: Event): unknown => data?.principal ?? actor;
