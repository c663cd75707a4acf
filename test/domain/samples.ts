import type { Authorization, In, Status } from '../../lib/domain/authorization.ts';
import type { Policy } from '../../lib/domain/instance.ts';
import { ACTIVE, type Key } from '../../lib/domain/key.ts';
import type { Manifest } from '../../lib/domain/manifest.ts';
import type { Person, Role } from '../../lib/domain/person.ts';
import { DAY } from '../../lib/domain/time.ts';

/** When the samples' round began, and when everybody had got their roles long before. */
export const ASKED = Date.UTC(2026, 0, 10);
export const GRANTED = Date.UTC(2026, 0, 1);
export const WINDOW_ENDS = ASKED + 7 * DAY;
export const REAUTHORIZE_ENDS = WINDOW_ENDS + 2 * DAY;
/** In seconds. */
export const REAUTHORIZATION_WINDOW = 172_800;

export const person = (
  name: string,
  roles: readonly Role[],
  other: Partial<Person> & { readonly since?: number } = {},
): Person => {
  const { since = GRANTED, ...rest } = other;
  return {
    id: `countersign|${name}`,
    instanceId: 'instance',
    kind: 'user',
    email: `${name}@example.com`,
    status: 'active',
    roles: Object.fromEntries(roles.map((role) => [role, since])),
    ...rest,
  };
};

export const wendy = person('wendy', ['Writer']);
export const alice = person('alice', ['Manager']);
export const bob = person('bob', ['Manager']);
export const rita = person('rita', ['Reader']);

export const policy = (enabled: boolean): Policy => ({
  id: 'policy',
  enabled,
  createdAt: GRANTED,
  createdBy: alice.id,
  updatedAt: GRANTED,
  updatedBy: alice.id,
});

export const key = (other: Partial<Key> = {}): Key => ({
  id: '01234567-89ab-4def-8123-456789abcdef',
  instanceId: 'instance',
  name: 'customer-data',
  aliases: ['second', 'first'],
  keyRingId: 'default',
  state: ACTIVE,
  extractable: false,
  imported: false,
  bitLength: 256,
  versions: [{ id: 'v1', createdAt: GRANTED }],
  createdAt: GRANTED,
  createdBy: alice.id,
  updatedAt: GRANTED,
  dualAuthDelete: policy(true),
  authorizationId: 'authorization',
  lossVersion: 1,
  stopVersion: 0,
  auditSequence: 1,
  auditHash: 'hash',
  ...other,
});

const manifest: Manifest = {
  keyId: key().id,
  crn: 'crn',
  name: 'customer-data',
  aliases: [],
  keyRingId: 'default',
  type: 'root key',
  versions: [],
  requester: wendy.id,
  round: 1,
};

const common = {
  id: 'authorization',
  instanceId: 'instance',
  keyId: key().id,
  twoPeople: true,
  incarnation: 1,
  round: 1,
  requester: wendy.id,
  requesterRole: 'Writer',
  requestedAt: ASKED,
  windowEndsAt: WINDOW_ENDS,
  reauthorizeEndsAt: REAUTHORIZE_ENDS,
  manifest,
  manifestDigest: 'manifest',
  lossDigest: 'loss',
  lossVersion: 1,
} as const;

const approval = { approver: alice.id, approvedAt: ASKED + DAY, decidedThrough: 'api' } as const;
const ended = { endedAt: ASKED + DAY };

const SAMPLES: { readonly [S in Status]: In<S> } = {
  pending: { ...common, status: 'pending' },
  approved: { ...common, status: 'approved', ...approval },
  destroying: {
    ...common,
    status: 'destroying',
    ...approval,
    startedAt: ASKED + DAY,
    attempts: 1,
    attemptedAt: ASKED + DAY,
  },
  consumed: { ...common, status: 'consumed', ...approval, ...ended },
  denied: { ...common, status: 'denied', ...ended, endedBy: alice.id },
  withdrawn: { ...common, status: 'withdrawn', ...ended, endedBy: alice.id },
  lapsed: { ...common, status: 'lapsed', closedAt: WINDOW_ENDS },
  drifted: { ...common, status: 'drifted', closedAt: ASKED + DAY },
  expired: { ...common, status: 'expired', ...ended },
  superseded: { ...common, status: 'superseded', ...ended },
  void: { ...common, status: 'void', ...ended, why: 'sample' },
  refused: { ...common, status: 'refused', ...ended, why: 'sample' },
};

export const STATUSES = Object.keys(SAMPLES) as readonly Status[];

/** An authorization in this status, by wendy, approved by alice a day later where it is. */
export const authorization = <S extends Status>(status: S, other: Partial<Authorization> = {}): In<S> =>
  ({ ...SAMPLES[status], ...other }) as In<S>;
