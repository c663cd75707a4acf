import { canonicalJson } from './canonical.ts';
import type { PersonId } from './person.ts';
import type { EpochMillis } from './time.ts';

/** Who acts where no person does: a window that closes, an approval that is carried out. */
export const COUNTERSIGN = 'countersign|countersign';

/**
 * What an event says happened. Key Protect's activity-tracking names where it has one (docs: at-events), ours for
 * what it does not have.
 */
export type AuditAction =
  | 'kms.secrets.create'
  | 'kms.secrets.setkeyfordeletion'
  | 'kms.secrets.unsetkeyfordeletion'
  | 'kms.secrets.delete'
  | 'kms.secrets.rotate'
  | 'kms.secrets.enable'
  | 'kms.secrets.disable'
  | 'kms.secrets.expire'
  | 'kms.secrets.patch'
  | 'kms.secrets-alias.create'
  | 'kms.secrets-alias.delete'
  | 'kms.key-rings.create'
  | 'kms.key-rings.delete'
  | 'kms.import-token.create'
  | 'kms.import-token.read'
  | 'kms.secrets.restore'
  | 'kms.secrets.purge'
  | 'countersign.material.shred'
  | 'kms.policies.write'
  | 'kms.instance-policies.write'
  | 'kms.registrations.create'
  | 'kms.registrations.write'
  | 'kms.registrations.merge'
  | 'kms.registrations.delete'
  | 'countersign.key.sync'
  | 'countersign.authorization.approve'
  | 'countersign.authorization.deny'
  | 'countersign.authorization.supersede'
  | 'countersign.authorization.lapse'
  | 'countersign.authorization.drift'
  | 'countersign.authorization.reauthorize'
  | 'countersign.authorization.expire'
  | 'countersign.authorization.void'
  | 'countersign.authorization.destroy'
  | 'countersign.authorization.stall'
  | 'countersign.key.adopt'
  | 'countersign.key.gone'
  | 'countersign.key.survive'
  | 'countersign.authorization.refuse'
  | 'countersign.link.refused'
  | 'countersign.instance.create'
  | 'countersign.instance.change'
  | 'countersign.master-key.rotate'
  | 'countersign.people.add'
  | 'countersign.people.send-claim'
  | 'countersign.people.claim'
  | 'countersign.people.bind-identity'
  | 'countersign.people.unbind-identity'
  | 'countersign.mails.resend'
  | 'countersign.mails.bounce'
  | 'countersign.people.freeze-requests'
  | 'countersign.people.unfreeze-requests'
  | 'countersign.people.change'
  | 'countersign.api-keys.create'
  | 'countersign.api-keys.revoke'
  | 'countersign.change-requests.create'
  | 'countersign.change-requests.approve'
  | 'countersign.change-requests.deny'
  | 'countersign.change-requests.withdraw'
  | 'countersign.change-requests.supersede'
  | 'countersign.change-requests.drift'
  | 'countersign.drill.start'
  | 'countersign.drill.confirm'
  | 'countersign.drill.end'
  | 'countersign.people.remove';

export interface EventDraft {
  readonly action: AuditAction;
  readonly actor: PersonId;
  readonly outcome: 'success' | 'failure';
  readonly authorizationId?: string;
  readonly round?: number;
  /** The API request that it comes from, where it comes from one: the `correlation-id` of its answer. */
  readonly correlationId?: string;
  /** What more there is to say; never a secret. */
  readonly data?: { readonly [name: string]: string | number | boolean | undefined };
}

/** One entry of a chain: each carries the hash of the one before, so that none can be changed or left out unseen. */
export interface AuditEvent extends EventDraft {
  readonly sequence: number;
  readonly at: EpochMillis;
  readonly previousHash: string;
  readonly hash: string;
}

/** The newest event's number and hash; `{ 0, '' }` before the first. */
export interface ChainHead {
  readonly auditSequence: number;
  readonly auditHash: string;
}

export const NO_EVENTS: ChainHead = { auditSequence: 0, auditHash: '' };

/**
 * The drafts as the chain's next events.
 * @param digest SHA-256 of a text, in hexadecimal.
 */
export function chainEvents(
  head: ChainHead,
  drafts: readonly EventDraft[],
  {
    at,
    digest,
    correlationId,
  }: {
    readonly at: EpochMillis;
    readonly digest: (text: string) => string;
    /** The API request that they come from. */
    readonly correlationId?: string | undefined;
  },
): { readonly events: readonly AuditEvent[]; readonly head: ChainHead } {
  let { auditSequence, auditHash } = head;
  const events = drafts.map((draft) => {
    auditSequence += 1;
    const from = correlationId === undefined ? {} : { correlationId };
    const unsigned = {
      ...withoutAbsent(draft),
      ...from,
      sequence: auditSequence,
      at,
      previousHash: auditHash,
    };
    auditHash = digest(canonicalJson(unsigned));
    return { hash: auditHash, ...unsigned };
  });
  return { events, head: { auditSequence, auditHash } };
}

/** What is hashed is what is stored: a member that is not there is not written as absent. */
const withoutAbsent = (draft: EventDraft): EventDraft =>
  draft.data === undefined
    ? draft
    : {
        ...draft,
        data: Object.fromEntries(Object.entries(draft.data).filter(([, value]) => value !== undefined)),
      };
