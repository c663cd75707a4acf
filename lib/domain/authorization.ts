import type { Manifest } from './manifest.ts';
import type { PersonId, Role } from './person.ts';
import type { EpochMillis } from './time.ts';

/** How often a deletion may be asked again after its window closed. */
export const MOST_ROUNDS = 8;
/** An approval that was not carried out within a day no longer counts, in milliseconds. */
export const APPROVAL_VALIDITY = 86_400_000;
/** The same person's set within this time is a client's retry, in milliseconds. */
export const RETRY_WINDOW = 60_000;

/** What every authorization has, whatever became of it. */
interface Common {
  readonly id: string;
  readonly instanceId: string;
  readonly keyId: string;
  /** False: the key has no dual-authorization policy, and one person's deletion starts approved. */
  readonly twoPeople: boolean;
  /** Which execution carries it: `<id>-<incarnation>`. */
  readonly incarnation: number;
  readonly round: number;
  /** Who set the key for deletion, or re-authorized it in this round. Never its approver. */
  readonly requester: PersonId;
  /** Who asked in earlier rounds: they hear how it ends. */
  readonly formerRequesters?: readonly PersonId[];
  /** The role that the requester used; the deletion counts only while they hold it. */
  readonly requesterRole: Extract<Role, 'Writer' | 'Manager'>;
  /** When this round began. An approver's grant is older. */
  readonly requestedAt: EpochMillis;
  readonly windowEndsAt: EpochMillis;
  /** Until when a lapsed or drifted round may be asked again. */
  readonly reauthorizeEndsAt: EpochMillis;
  readonly manifest: Manifest;
  readonly manifestDigest: string;
  readonly lossDigest: string;
  readonly lossVersion: number;
}

/** How the second authorization was given: Key Protect's DELETE, or the page behind a mailed link. */
export type DecidedThrough = 'api' | 'link';

interface Approval {
  readonly approver: PersonId;
  readonly approvedAt: EpochMillis;
  readonly decidedThrough: DecidedThrough;
  readonly note?: string;
}

/** A person ended it. */
interface Stopped {
  readonly endedAt: EpochMillis;
  readonly endedBy: PersonId;
  readonly note?: string;
}

/** It waits to be asked again. */
interface Closed {
  readonly closedAt: EpochMillis;
}

interface Ended {
  readonly endedAt: EpochMillis;
}

type State =
  | { readonly status: 'pending' }
  | ({ readonly status: 'approved' } & Approval)
  | ({ readonly status: 'consumed' } & Approval & Ended)
  | ({ readonly status: 'denied' } & Stopped)
  | ({ readonly status: 'withdrawn' } & Stopped)
  | ({ readonly status: 'lapsed' } & Closed)
  | ({ readonly status: 'drifted' } & Closed)
  | ({ readonly status: 'expired' } & Ended)
  | ({ readonly status: 'superseded' } & Ended)
  | ({ readonly status: 'void'; readonly why: string } & Ended)
  | ({ readonly status: 'refused'; readonly why: string } & Ended);

/** One authorization of one key's deletion. Each state has only the fields that it can have. */
export type Authorization = Common & State;
export type Status = Authorization['status'];
export type In<S extends Status> = Extract<Authorization, { readonly status: S }>;

/** Whether anything can still become of an authorization in this state. */
export const isOver = (status: Status): boolean => ENDS[status];

const ENDS: { readonly [status in Status]: boolean } = {
  pending: false,
  approved: false,
  lapsed: false,
  drifted: false,
  consumed: true,
  denied: true,
  withdrawn: true,
  expired: true,
  superseded: true,
  void: true,
  refused: true,
};

/** What was common, without the state: the start of every next state. */
export function common(authorization: Authorization): Common {
  const { id, instanceId, keyId, twoPeople, incarnation, round } = authorization;
  const { requester, formerRequesters, requesterRole } = authorization;
  const { requestedAt, windowEndsAt, reauthorizeEndsAt, manifest, manifestDigest, lossDigest, lossVersion } =
    authorization;
  return {
    id,
    instanceId,
    keyId,
    twoPeople,
    incarnation,
    round,
    requester,
    ...(formerRequesters !== undefined && { formerRequesters }),
    requesterRole,
    requestedAt,
    windowEndsAt,
    reauthorizeEndsAt,
    manifest,
    manifestDigest,
    lossDigest,
    lossVersion,
  };
}
