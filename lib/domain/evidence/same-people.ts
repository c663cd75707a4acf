import { INSTANCE_CHAIN } from '../checkpoint.ts';
import { approversSince, type Instance } from '../instance.ts';
import type { PersonId } from '../person.ts';
import type { EpochMillis } from '../time.ts';
import type { ChainLine, EventLine } from './lines.ts';
import type { Report } from './report.ts';

/** When something was asked for, and up to when it counts what became of whoever approves it. */
export interface Measured {
  readonly askedAt: EpochMillis;
  /** In the instance's own chain, of which only what comes before has been read: left out. */
  readonly before?: EpochMillis;
}

export interface SamePeople {
  begin(line: ChainLine, at: number): void;
  event(line: EventLine): void;
  /**
   * When somebody became one who must not approve it, since they may be another than before: their address was changed, or a
   * sign-in bound to them, too late for when it was asked for. Undefined where they may, as far as the file tells.
   */
  tooLate(approver: PersonId, measured: Measured): EpochMillis | undefined;
}

/**
 * Follows, in the instance's chain, whose address was changed and to whom a sign-in was bound (`sameSince`): whoever that
 * happened to approves nothing that was asked for before, nor within the instance's `managerWait` after it. A service is its
 * owner. That chain comes before those of the keys; a file of one key is without it.
 */
export function followSamePeople(report: Report): SamePeople {
  const changes = new Map<PersonId, EpochMillis[]>();
  const owners = new Map<PersonId, PersonId>();
  // Of a chain without its beginning the wait is not known: none is the least that there can be.
  let instance: Pick<Instance, 'createdAt' | 'managerWait'> = { createdAt: Number.NEGATIVE_INFINITY };
  let ofKeys = false;

  return {
    begin({ chain }, at) {
      if (chain !== INSTANCE_CHAIN) ofKeys = true;
      else if (ofKeys) report(at, 'the chain of the instance comes after those of keys: it was moved');
    },
    event({ chain, event: { action, at, outcome, data = {} } }) {
      if (chain !== INSTANCE_CHAIN || outcome !== 'success') return;
      const { person, owner, addressChanged, managerWait } = data;
      if (action === 'countersign.instance.create') {
        instance = { createdAt: at, ...(typeof managerWait === 'number' && { managerWait }) };
      }
      if (typeof person !== 'string') return;
      if (typeof owner === 'string') owners.set(person, owner);
      if (addressChanged === true || action === 'countersign.people.bind-identity') {
        changes.set(person, [...(changes.get(person) ?? []), at]);
      }
    },
    tooLate(approver, { askedAt, before = Number.POSITIVE_INFINITY }) {
      const since = changes.get(owners.get(approver) ?? approver)?.findLast((at) => at < before);
      return since !== undefined && since >= approversSince(instance, askedAt) ? since : undefined;
    },
  };
}
