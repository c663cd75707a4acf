import type { AuditAction, AuditEvent } from './audit.ts';
import { type Authorization, common, type In, type Status } from './authorization.ts';
import type { RoundThen } from './could-approve.ts';
import { approversSince, type Instance } from './instance.ts';
import type { Key } from './key.ts';
import type { Person } from './person.ts';
import { requesterRole } from './request.ts';
import type { EpochMillis } from './time.ts';

const BECAME: { readonly [action in AuditAction]?: Status } = {
  'kms.secrets.setkeyfordeletion': 'pending',
  'countersign.authorization.reauthorize': 'pending',
  'countersign.authorization.approve': 'approved',
  'countersign.authorization.destroy': 'destroying',
  'countersign.authorization.deny': 'denied',
  'kms.secrets.unsetkeyfordeletion': 'withdrawn',
  'countersign.authorization.supersede': 'superseded',
  'countersign.authorization.lapse': 'lapsed',
  'countersign.authorization.drift': 'drifted',
  'countersign.authorization.expire': 'expired',
  'countersign.authorization.void': 'void',
  'countersign.authorization.refuse': 'refused',
  'kms.secrets.delete': 'consumed',
};

/** Which of a key's events changed this authorization, the oldest first. */
export const stepsOf = (
  { id }: Pick<Authorization, 'id'>,
  events: readonly AuditEvent[],
): readonly (AuditEvent & { readonly became: Status })[] =>
  events.flatMap((event) => {
    const became = BECAME[event.action];
    if (event.authorizationId !== id || event.outcome !== 'success' || became === undefined) return [];
    return [{ ...event, became: event.data?.twoPeople === false ? 'approved' : became }];
  });

/** A moment and, where several events of the key share its millisecond, the last one that counts. */
export interface Moment {
  readonly at: EpochMillis;
  readonly upTo?: number;
}

/** The last moment at which it waited for an approval; when it was asked for, where it never did. */
export function lastPending(authorization: Authorization, events: readonly AuditEvent[]): Moment {
  const steps = stepsOf(authorization, events);
  const opened = steps.findLastIndex(({ became }) => became === 'pending');
  const [open, ended] = [steps[opened], steps[opened + 1]];
  if (open === undefined || ended === undefined) return { at: authorization.requestedAt };
  // That a window has closed is written some time after its end.
  const end = Math.min(ended.at, windowEndOf(open) ?? authorization.windowEndsAt);
  return { at: Math.max(open.at, end - 1), upTo: open.sequence };
}

const windowEndOf = ({ data }: Pick<AuditEvent, 'data'>): EpochMillis | undefined =>
  typeof data?.authExpiration === 'number' ? data.authExpiration : undefined;

/** What a round of the past is put together from. */
export interface RoundsKnown {
  readonly authorization: Authorization;
  /** The key's own chain, the oldest first. */
  readonly events: readonly AuditEvent[];
  /** The key's ring and the instance's settings as they were at the time. */
  readonly key: Key;
  readonly instance: Pick<Instance, 'createdAt' | 'managerWait'>;
  readonly people: readonly Person[];
}

/**
 * The authorization as it was at that time, after what happened in that very millisecond; undefined before it was asked
 * for. An earlier round is put together from its events; of its manifest the digest is kept, and here only what a rule
 * looks at is true of it.
 */
export function roundAt(
  known: RoundsKnown,
  { at, upTo = Number.POSITIVE_INFINITY }: Moment,
): RoundThen | undefined {
  const steps = stepsOf(known.authorization, known.events).filter(
    (step) => step.at <= at && step.sequence <= upTo,
  );
  const opened = steps.findLast(({ became, action }) => became === 'pending' || action === SET);
  const status = steps.at(-1)?.became;
  return (
    opened &&
    status && {
      status,
      round: opened.round === known.authorization.round ? pending(known) : former(known, opened),
    }
  );
}

const SET: AuditAction = 'kms.secrets.setkeyfordeletion';

const pending = ({ authorization }: RoundsKnown): In<'pending'> => ({
  ...common(authorization),
  status: 'pending',
});

function former(
  { authorization, events, key, instance, people }: RoundsKnown,
  opened: AuditEvent,
): In<'pending'> {
  const { requesterPrincipal: _, sinceLastRound: __, approversSince: ___, ...rest } = common(authorization);
  const requester = people.find(({ id }) => id === opened.actor);
  const { at, actor, round = 1 } = opened;
  const keyRingId = ringAt(key, events, at);
  return {
    ...rest,
    status: 'pending',
    round,
    requester: actor,
    ...(requester?.owner !== undefined && { requesterPrincipal: requester.owner }),
    requesterRole:
      requester === undefined ? rest.requesterRole : requesterRole(requester, { ...key, keyRingId }),
    requestedAt: at,
    approversSince: approversSince(instance, at),
    windowEndsAt: windowEndOf(opened) ?? rest.windowEndsAt,
    manifest: { ...rest.manifest, round, requester: actor, keyRingId },
  };
}

/** In which ring the key was: what the first move after that time moved it from. */
export function ringAt(key: Pick<Key, 'keyRingId'>, events: readonly AuditEvent[], at: EpochMillis): string {
  const moved = events.find((event) => event.at > at && isMove(event));
  return String(moved?.data?.initialValueKeyRingId ?? key.keyRingId);
}

/** Since when it was in that ring; undefined: since it was made. */
export function inRingSinceAt(
  key: Pick<Key, 'inRingSince'>,
  events: readonly AuditEvent[],
  at: EpochMillis,
): EpochMillis | undefined {
  const moves = events.filter(isMove);
  if (!moves.some((event) => event.at > at)) return key.inRingSince;
  return moves.findLast((event) => event.at <= at)?.at;
}

const isMove = ({ data }: AuditEvent): boolean => typeof data?.initialValueKeyRingId === 'string';

type Settings = Pick<Instance, 'createdAt' | 'managerWait' | 'serviceApprovals'>;

/** The settings that decide who may approve: as they are, with what was changed after that time taken back. */
export function settingsAt(instance: Settings, events: readonly AuditEvent[], at: EpochMillis): Settings {
  let { managerWait, serviceApprovals } = instance;
  for (const { at: then, action, data = {} } of events.toReversed()) {
    if (then <= at) break;
    if (action !== 'countersign.instance.change') continue;
    if ('newValueManagerWait' in data) managerWait = ofType('number', data.initialValueManagerWait);
    if ('newValueServiceApprovals' in data) {
      serviceApprovals = ofType('boolean', data.initialValueServiceApprovals);
    }
  }
  const { createdAt } = instance;
  return {
    createdAt,
    ...(managerWait !== undefined && { managerWait }),
    ...(serviceApprovals !== undefined && { serviceApprovals }),
  };
}

const ofType = <T extends 'number' | 'boolean'>(type: T, value: unknown) =>
  (typeof value === type ? value : undefined) as (T extends 'number' ? number : boolean) | undefined;
