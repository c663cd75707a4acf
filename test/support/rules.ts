import type { AuditEvent } from '../../lib/domain/audit.ts';
import { type Authorization, isOver, type Status } from '../../lib/domain/authorization.ts';
import { DESTROYED, type Key } from '../../lib/domain/key.ts';
import { sha256 } from '../../lib/operations/caller.ts';
import { authorizationOfItem } from '../../lib/operations/records/authorization.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { keyPartition, loadKey } from '../../lib/operations/records/key.ts';
import { materialKey } from '../../lib/operations/records/material.ts';
import type { Store } from '../../lib/ports/store.ts';
import { firstBrokenLink } from './audit-chain.ts';

/** What an event makes of an authorization, by the status before it; what is not here cannot happen. */
const PATHS: Readonly<Record<string, Partial<Record<Status | 'none', Status>>>> = {
  'kms.secrets.setkeyfordeletion': { none: 'pending' },
  'countersign.authorization.approve': { pending: 'approved' },
  'countersign.authorization.deny': { pending: 'denied' },
  'countersign.authorization.supersede': {
    pending: 'superseded',
    lapsed: 'superseded',
    drifted: 'superseded',
  },
  'countersign.authorization.lapse': { pending: 'lapsed' },
  'countersign.authorization.drift': { pending: 'drifted', approved: 'drifted' },
  'countersign.authorization.reauthorize': { lapsed: 'pending', drifted: 'pending' },
  'countersign.authorization.expire': { lapsed: 'expired', drifted: 'expired' },
  'countersign.authorization.void': { approved: 'void' },
  'kms.secrets.delete': { approved: 'consumed' },
  'kms.secrets.unsetkeyfordeletion': {
    pending: 'withdrawn',
    approved: 'withdrawn',
    lapsed: 'withdrawn',
    drifted: 'withdrawn',
  },
};

/**
 * Everything that must always hold of a key and its authorizations, looked at in the store.
 * @returns what does not hold, in words; nothing is right.
 */
export async function brokenRules(
  store: Store,
  { instanceId, keyId }: { readonly instanceId: string; readonly keyId: string },
): Promise<readonly string[]> {
  const key = await loadKey(store, instanceId, keyId);
  if (key === undefined) return ['the key is gone'];
  const partition = keyPartition(instanceId, keyId);
  const { events } = await loadEvents(store, partition, { limit: 1000 });
  const { items } = await store.query({ table: 'main', partition, prefix: 'authorization#', limit: 1000 });
  const authorizations = items.map(authorizationOfItem);
  const shredded = (await store.get(materialKey(instanceId, keyId))) === undefined;
  return [
    ...ofTheChain(key, events),
    ...authorizations.flatMap((authorization) => ofTheStory(authorization, events)),
    ...ofTheKey(key, authorizations),
    ...ofTheDestruction(key, { authorizations, events, shredded }),
  ];
}

/** The statements that do not hold. */
const unless = (statements: Readonly<Record<string, boolean>>): readonly string[] =>
  Object.entries(statements).flatMap(([statement, holds]) => (holds ? [] : [`not so: ${statement}`]));

const ofTheChain = (key: Key, events: readonly AuditEvent[]) =>
  unless({
    'the chain of events is unbroken': firstBrokenLink(events, sha256) === undefined,
    "the key knows its chain's end":
      key.auditSequence === events.length && key.auditHash === (events.at(-1)?.hash ?? ''),
    'every unset has raised the stop version':
      key.stopVersion === events.filter(({ action }) => action === 'kms.secrets.unsetkeyfordeletion').length,
  });

/** The events tell, change by change, how the authorization came to be what it is. */
function ofTheStory(authorization: Authorization, events: readonly AuditEvent[]): readonly string[] {
  const { id, twoPeople } = authorization;
  let status: Status | 'none' = 'none';
  let round = 0;
  for (const { action, round: named, outcome } of events.filter((event) => event.authorizationId === id)) {
    if (outcome === 'failure') continue;
    const next: Status | undefined = PATHS[action]?.[status];
    if (next === undefined) return [`${action} came upon ${status}`];
    status = next === 'pending' && !twoPeople ? 'approved' : next;
    if (next === 'pending') round += 1;
    if (named !== round) return [`${action} names round ${named} in round ${round}`];
  }
  return unless({
    [`${authorization.status} is what the events tell (${status})`]: status === authorization.status,
    [`round ${authorization.round} is what the events tell (${round})`]: round === authorization.round,
  });
}

function ofTheKey(key: Key, authorizations: readonly Authorization[]): readonly string[] {
  const current = authorizations.find(({ id }) => id === key.authorizationId);
  const others = authorizations.filter((one) => one !== current);
  const until = key.setForDeletionUntil;
  return unless({
    'the key points to an authorization that is there':
      key.authorizationId === undefined || current !== undefined,
    'only the one that the key points to is open': others.every(({ status }) => isOver(status)),
    'a pending key says until when': current?.status !== 'pending' || until === current.windowEndsAt,
    'a key that waits for nobody does not say that it is set for deletion':
      until === undefined || ['pending', 'approved', 'consumed'].includes(current?.status ?? ''),
  });
}

interface Destruction {
  readonly authorizations: readonly Authorization[];
  readonly events: readonly AuditEvent[];
  readonly shredded: boolean;
}

function ofTheDestruction(key: Key, { authorizations, events, shredded }: Destruction): readonly string[] {
  const destroyed = key.state === DESTROYED;
  const deletions = events.filter(
    ({ action, outcome }) => action === 'kms.secrets.delete' && outcome === 'success',
  );
  const consumed = authorizations.filter((one) => one.status === 'consumed');
  const [one] = consumed;
  const approvals = events.filter(
    ({ action, authorizationId, round }) =>
      action === 'countersign.authorization.approve' && authorizationId === one?.id && round === one?.round,
  );
  return unless({
    'a key is destroyed once, with its material, its event and its authorization, or not at all':
      shredded === destroyed &&
      deletions.length === (destroyed ? 1 : 0) &&
      consumed.length === (destroyed ? 1 : 0),
    'the key that was destroyed points to what destroyed it': !destroyed || key.authorizationId === one?.id,
    'two different people wanted the same round':
      one === undefined ||
      !one.twoPeople ||
      (one.approver !== one.requester && approvals.length === 1 && approvals[0]?.actor === one.approver),
    'a deletion is no older than a day after its approval':
      one === undefined || one.endedAt - one.approvedAt <= 86_400_000,
    'an approval is given within the window':
      one === undefined || one.approvedAt < one.windowEndsAt || !one.twoPeople,
  });
}
