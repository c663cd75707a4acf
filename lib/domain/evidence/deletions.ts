import { canonicalJson } from '../canonical.ts';
import type { Digest } from '../checkpoint.ts';
import type { EpochMillis } from '../time.ts';
import type { AuthorizationLine, EventLine } from './lines.ts';
import { isObject } from './read-line.ts';
import { chainName, type Report, timeOf } from './report.ts';
import type { SamePeople } from './same-people.ts';

/** A deletion that the events tell of, with both people. */
export interface Deletion {
  readonly keyId: string;
  readonly at: EpochMillis;
  readonly authorizationId: string;
  readonly round: number;
  readonly requester: string;
  /** Undefined where the key's policy asked for one person alone. */
  readonly approver?: string;
}

type Event = EventLine['event'];

interface Asked {
  readonly event: Event;
  readonly twoPeople: boolean;
}

export interface DeletionChecks {
  /** Forgets the chain before. Of one that is not complete, what came earlier is not known. */
  begin(complete: boolean): void;
  event(line: EventLine, at: number): void;
  authorization(line: AuthorizationLine, at: number): void;
  readonly deletions: readonly Deletion[];
}

/**
 * Follows what was asked for and approved to what was deleted: that two different people stood behind each deletion
 * under the policy, who are still whom they were when it was asked for, and that the manifests are those that they have seen.
 */
export function checkDeletions(report: Report, digest: Digest, people: SamePeople): DeletionChecks {
  const deletions: Deletion[] = [];
  let asked = new Map<string, Asked>();
  let approved = new Map<string, Event>();
  // Where a key lives elsewhere, the write that there is no way back from.
  let begun = new Map<string, Event>();
  let complete = true;
  let newest = 0;

  function approval(event: Event, keyId: string, at: number): void {
    approved.set(roundOf(event), event);
    const askedAt = asked.get(roundOf(event))?.event.at;
    if (askedAt === undefined) return;
    const changedAt = people.tooLate(event.actor, { askedAt, before: event.at });
    if (changedAt === undefined) return;
    report(
      at,
      `the deletion of ${chainName(keyId)} was approved by somebody whose address or sign-in was changed at ${timeOf(changedAt)}, too late to approve what was asked for at ${timeOf(askedAt)}`,
    );
  }

  /** That whoever approved it was still the same when the write was made that destroyed the key. */
  function stillTheSame(event: Event, keyId: string, at: number): void {
    const yes = approved.get(roundOf(event));
    const askedAt = asked.get(roundOf(event))?.event.at;
    if (yes === undefined || askedAt === undefined) return;
    const before = begun.get(roundOf(event))?.at ?? event.at;
    const changedAt = people.tooLate(yes.actor, { askedAt, before });
    if (changedAt === undefined || changedAt < yes.at) return;
    report(
      at,
      `${chainName(keyId)} was deleted, although the address or sign-in of who approved it was changed at ${timeOf(changedAt)}`,
    );
  }

  function deleted(event: Event, keyId: string, at: number): void {
    const { authorizationId = '', round = 0, data = {} } = event;
    const request = asked.get(roundOf(event));
    if (request === undefined) {
      if (complete) report(at, `${chainName(keyId)} was deleted, and nobody has asked for it`);
      return;
    }
    const requester = request.event.actor;
    if (data.requester !== requester || data.lossDigest !== request.event.data?.lossDigest) {
      report(at, `the deletion of ${chainName(keyId)} is not the one that was asked for`);
    }
    const approval = approved.get(roundOf(event));
    if (request.twoPeople && (approval === undefined || approval.actor !== event.actor)) {
      report(at, `${chainName(keyId)} was deleted, and nobody has approved it`);
    }
    if (request.twoPeople && event.actor === requester) {
      report(at, `${chainName(keyId)} was deleted by one person alone, although its policy asks for two`);
    }
    if (request.twoPeople) stillTheSame(event, keyId, at);
    const both = request.twoPeople ? { approver: event.actor } : {};
    deletions.push({ keyId, at: event.at, authorizationId, round, requester, ...both });
  }

  return {
    deletions,
    begin(isComplete) {
      complete = isComplete;
      newest = 0;
      asked = new Map();
      approved = new Map();
      begun = new Map();
    },
    event({ chain, event }, at) {
      newest = event.at;
      if (event.outcome !== 'success') return;
      switch (event.action) {
        case 'kms.secrets.setkeyfordeletion':
          asked.set(roundOf(event), { event, twoPeople: event.data?.twoPeople === true });
          return;
        case 'countersign.authorization.reauthorize':
          // Only what needs two people is ever asked for again.
          asked.set(roundOf(event), { event, twoPeople: true });
          return;
        case 'countersign.authorization.approve':
          approval(event, chain, at);
          return;
        case 'countersign.authorization.destroy':
          begun.set(roundOf(event), event);
          return;
        case 'kms.secrets.delete':
          deleted(event, chain, at);
          return;
        default:
      }
    },
    authorization({ chain, authorization }, at) {
      const { manifest, manifestDigest, id, round } = authorization;
      const name = `authorization ${String(id)} of ${chainName(chain)}`;
      if (!isObject(manifest) || manifestDigest !== digest(canonicalJson(manifest))) {
        return report(at, `the manifest of ${name} was changed: its digest is another`);
      }
      const request = asked.get(`${String(id)} ${String(round)}`);
      if (request === undefined) {
        // It may have been asked for while the file was made, after its chain was read.
        const isNewer = typeof authorization.requestedAt === 'number' && authorization.requestedAt > newest;
        if (complete && !isNewer) report(at, `no event tells of ${name}, round ${String(round)}`);
        return;
      }
      if (request.event.data?.manifestDigest !== manifestDigest) {
        report(at, `the manifest of ${name} is not the one that the events name`);
      }
      if (request.event.actor !== authorization.requester) {
        report(at, `${name} names another requester than the events do`);
      }
      const { twoPeople, requester, requesterPrincipal = requester } = authorization;
      const { approver, approverPrincipal = approver } = authorization;
      if (twoPeople === true && approver !== undefined && requesterPrincipal === approverPrincipal) {
        report(at, `${name} was asked for and approved by one person`);
      }
    },
  };
}

const roundOf = ({ authorizationId, round }: Event): string => `${authorizationId} ${round}`;
