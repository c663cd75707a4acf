import type { AuditEvent } from '../../lib/domain/audit.ts';
import {
  type Authorization,
  type In,
  isOver,
  requestingPrincipal,
  type Status,
} from '../../lib/domain/authorization.ts';
import { DESTROYED, type Key } from '../../lib/domain/key.ts';
import type { Registration } from '../../lib/domain/registration.ts';
import type { MailTemplate } from '../../lib/mails/templates.ts';
import { sha256 } from '../../lib/operations/caller.ts';
import { authorizationOfItem } from '../../lib/operations/records/authorization.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { keyPartition, loadKey } from '../../lib/operations/records/key.ts';
import { type DeletionMail, isPeopleMail, mailOfItem } from '../../lib/operations/records/mail.ts';
import { materialKey, retainedKey } from '../../lib/operations/records/material.ts';
import { loadRegistrations } from '../../lib/operations/records/registration.ts';
import type { Store } from '../../lib/ports/store.ts';
import { firstBrokenLink } from './audit-chain.ts';

const STOPS: ReadonlySet<string> = new Set(['kms.secrets.unsetkeyfordeletion', 'kms.secrets.restore']);

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
  'countersign.authorization.refuse': { approved: 'refused', destroying: 'refused' },
  'countersign.authorization.destroy': { approved: 'destroying' },
  'kms.secrets.delete': { approved: 'consumed', destroying: 'consumed' },
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
  const itemsOf = async (prefix: string) =>
    (await store.query({ table: 'main', partition, prefix, limit: 1000 })).items;
  const [{ events }, stored, outbox, registrations, usable, retained] = await Promise.all([
    loadEvents(store, partition, { limit: 1000 }),
    itemsOf('authorization#'),
    itemsOf('mail#'),
    loadRegistrations(store, { instanceId, keyId }),
    store.get(materialKey(instanceId, keyId)).then((item) => item !== undefined),
    store.get(retainedKey(instanceId, keyId)).then((item) => item !== undefined),
  ]);
  const authorizations = stored.map(authorizationOfItem);
  const mails = outbox.map(mailOfItem).flatMap((mail) => (isPeopleMail(mail) ? [] : [mail]));
  return [
    ...ofTheChain(key, events),
    ...authorizations.flatMap((authorization) => ofTheStory(authorization, events)),
    ...authorizations.flatMap((authorization) => ofTheMails(authorization, mails)),
    ...ofTheKey(key, authorizations),
    ...ofTheDestruction(key, { authorizations, events, usable, retained }),
    ...ofTheResources(key, { authorizations, registrations }),
  ];
}

const afterTheEnd = ({ action }: AuditEvent): boolean =>
  action === 'kms.secrets.purge' || action === 'kms.registrations.delete';

/** The statements that do not hold. */
const unless = (statements: Readonly<Record<string, boolean>>): readonly string[] =>
  Object.entries(statements).flatMap(([statement, holds]) => (holds ? [] : [`not so: ${statement}`]));

const ofTheChain = (key: Key, events: readonly AuditEvent[]) =>
  unless({
    'the chain of events is unbroken': firstBrokenLink(events, sha256) === undefined,
    "the key knows its chain's end":
      key.auditSequence === events.length && key.auditHash === (events.at(-1)?.hash ?? ''),
    'every unset and every restoring has raised the stop version':
      key.stopVersion === events.filter(({ action }) => STOPS.has(action)).length,
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

/** The mails that tell how it ended, and which ends they tell of. */
const OUTCOMES: Partial<Record<MailTemplate, readonly Status[]>> = {
  'key-destroyed': ['consumed'],
  denied: ['denied'],
  unexpected: ['denied'],
  withdrawn: ['withdrawn'],
  superseded: ['superseded'],
  expired: ['expired'],
  'not-carried-out': ['void', 'refused'],
};

/** One outcome a person, and the one that is. */
function ofTheMails(authorization: Authorization, mails: readonly DeletionMail[]): readonly string[] {
  const outcomes = mails.filter(
    ({ authorizationId, template }) => authorizationId === authorization.id && template in OUTCOMES,
  );
  const told = outcomes.map(({ personId }) => personId);
  return unless({
    'nobody is told two outcomes': new Set(told).size === told.length,
    [`what people are told is that it is ${authorization.status}`]: outcomes.every(
      ({ template, round }) =>
        OUTCOMES[template]?.includes(authorization.status) === true && round === authorization.round,
    ),
    'whoever asked is told how it ended, and not before':
      told.includes(requestingPrincipal(authorization)) === isOver(authorization.status),
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
      until === undefined ||
      ['pending', 'approved', 'destroying', 'consumed'].includes(current?.status ?? ''),
  });
}

interface Destruction {
  readonly authorizations: readonly Authorization[];
  readonly events: readonly AuditEvent[];
  /** Where the material is: where it is used from, or set aside. */
  readonly usable: boolean;
  readonly retained: boolean;
}

interface Resources {
  readonly authorizations: readonly Authorization[];
  readonly registrations: readonly Registration[];
}

function ofTheResources(key: Key, { authorizations, registrations }: Resources): readonly string[] {
  const retained = registrations.filter(({ preventKeyDeletion }) => preventKeyDeletion).length;
  const consumed = authorizations.find(({ status }) => status === 'consumed');
  const force = consumed?.status === 'consumed' && consumed.force === true;
  return unless({
    'the key counts what is registered with it':
      (key.registrationCount ?? 0) === registrations.length && (key.retentionCount ?? 0) === retained,
    'no key is destroyed that a resource retains': key.state !== DESTROYED || retained === 0,
    'a key that resources use is destroyed by force, and by the force of whoever was shown as many':
      key.state !== DESTROYED ||
      registrations.length === 0 ||
      (force && (consumed.manifest.registrations?.total ?? 0) >= registrations.length),
    'what was used when a deletion was asked for is not lost without force':
      consumed?.manifest.registrations === undefined || force,
  });
}

function ofTheDestruction(
  key: Key,
  { authorizations, events, usable, retained }: Destruction,
): readonly string[] {
  const destroyed = key.state === DESTROYED;
  const happened = (wanted: string) =>
    events.filter(({ action, outcome }) => action === wanted && outcome === 'success');
  const deletions = happened('kms.secrets.delete');
  const restorations = happened('kms.secrets.restore');
  const endings = [...happened('countersign.material.shred'), ...happened('kms.secrets.purge')];
  const consumed = authorizations.filter((one) => one.status === 'consumed');
  const one = consumed.find(({ id }) => id === key.authorizationId) ?? consumed[0];
  const approvals = events.filter(
    ({ action, authorizationId, round }) =>
      action === 'countersign.authorization.approve' && authorizationId === one?.id && round === one?.round,
  );
  return unless({
    'a key is destroyed once, with its material, its event and its authorization, or not at all':
      usable === (!destroyed && key.external === undefined) &&
      deletions.length === restorations.length + (destroyed ? 1 : 0) &&
      consumed.length === deletions.length,
    'the material of a destroyed key is set aside until it is shredded, once':
      retained === (destroyed && key.shreddedAt === undefined && key.external === undefined) &&
      endings.filter(({ data }) => data?.shredsMaterial !== false).length <= 1,
    'nothing comes after the end of the material but a purge':
      endings.length === 0 || events.slice(events.indexOf(endings[0] as AuditEvent) + 1).every(afterTheEnd),
    'the key that was destroyed points to what destroyed it': !destroyed || key.authorizationId === one?.id,
    'two different people wanted the same round':
      one === undefined ||
      !one.twoPeople ||
      (one.approver !== one.requester &&
        (one.approverPrincipal ?? one.approver) !== (one.requesterPrincipal ?? one.requester) &&
        approvals.length === 1 &&
        approvals[0]?.actor === one.approver),
    'what is destroyed is what both wanted to destroy':
      !destroyed || one === undefined || isTheSame(key, one, [...approvals, ...deletions.slice(-1)]),
    'a deletion is no older than a day after its approval':
      one === undefined || begunAt(one, events) - one.approvedAt <= 86_400_000,
    'a key that lives elsewhere is destroyed only after that was on record':
      one === undefined || key.external === undefined || destroyEvent(one, events) !== undefined,
    'an approval is given within the window':
      one === undefined || one.approvedAt < one.windowEndsAt || !one.twoPeople,
  });
}

const destroyEvent = (one: In<'consumed'>, events: readonly AuditEvent[]): AuditEvent | undefined =>
  events.find(
    ({ action, authorizationId }) =>
      action === 'countersign.authorization.destroy' && authorizationId === one.id,
  );
/** When there was no way back: of a key that lives elsewhere that is before its provider was asked. */
const begunAt = (one: In<'consumed'>, events: readonly AuditEvent[]): number =>
  destroyEvent(one, events)?.at ?? one.endedAt;

/** What was lost is what the manifest says, and every event of it names the same digest. */
const isTheSame = (key: Key, one: In<'consumed'>, events: readonly AuditEvent[]): boolean =>
  one.lossVersion === key.lossVersion &&
  key.versions.map(({ id }) => id).join() === one.manifest.versions.map(({ id }) => id).join() &&
  events.every(({ data }) => data?.lossDigest === one.lossDigest);
