import { createHash } from 'node:crypto';
import type { Authorization, In, Status } from '../../lib/domain/authorization.ts';
import type { Instance } from '../../lib/domain/instance.ts';
import type { Key } from '../../lib/domain/key.ts';
import { buildManifest } from '../../lib/domain/manifest.ts';
import type { Person, Role } from '../../lib/domain/person.ts';
import { DAY, MINUTE } from '../../lib/domain/time.ts';

/** Tuesday, 24 November 2026, 21:40:30 UTC. */
export const REQUESTED_AT = Date.UTC(2026, 10, 24, 21, 40, 30);
export const SCOPE = 'crn:v1:bluemix:public:kms:local:a/countersign';

export const INSTANCE: Instance = {
  id: '0c6f1f9e-3f0c-4f6a-9c0e-3a0a64b0c0de',
  name: 'Payments',
  createdAt: REQUESTED_AT - 30 * DAY,
  authorizationWindow: 604_800,
  reauthorizationWindow: 172_800,
  restoreWindow: 2_592_000,
  trial: false,
};

const person = (name: string, role: Role): Person => ({
  id: `countersign|user-${name}`,
  instanceId: INSTANCE.id,
  kind: 'user',
  email: `${name}@example.com`,
  status: 'active',
  roles: { [role]: INSTANCE.createdAt },
});

export const WRITER = person('wendy', 'Writer');
export const MANAGER = person('mara', 'Manager');
export const OTHER_MANAGER = person('milo', 'Manager');
export const EMAILS = Object.fromEntries(
  [WRITER, MANAGER, OTHER_MANAGER].map(({ id, email }) => [id, email]),
);

/** What anybody can type who asks for a deletion. */
export interface Typed {
  readonly name?: string;
  readonly aliases?: readonly string[];
  readonly reason?: string;
  readonly ticket?: string;
  readonly note?: string;
  readonly why?: string;
}

export function keyNamed({ name = 'payments-prod', aliases = ['payments', 'card-vault'] }: Typed = {}): Key {
  return {
    id: '9d3f5f4e-98a4-4d1c-8f0e-5b7a2c4e1a6f',
    instanceId: INSTANCE.id,
    name,
    aliases,
    keyRingId: 'default',
    state: 1,
    extractable: false,
    imported: false,
    bitLength: 256,
    versions: [{ id: '1f0a6c1e-27a5-4a8e-8f9c-0d2b9a3e5c77', createdAt: INSTANCE.createdAt }],
    createdAt: INSTANCE.createdAt,
    createdBy: WRITER.id,
    updatedAt: INSTANCE.createdAt,
    lossVersion: 1,
    stopVersion: 0,
    auditSequence: 2,
    auditHash: '00',
  };
}

/** The authorization of a key's deletion in the given state, as Wendy asked for it and Mara or Milo ended it. */
export function authorizationIn(status: Status, typed: Typed = {}): Authorization {
  const {
    reason = 'Card vault was migrated',
    ticket = 'OPS-1234',
    note = 'still in use',
    why = 'too late',
  } = typed;
  const key = keyNamed(typed);
  const crn = `${SCOPE}:${INSTANCE.id}:key:${key.id}`;
  const manifest = buildManifest(key, { crn, requester: WRITER.id, round: 1, reason, ticket });
  const common = {
    id: '5c1b8b0a-6f8e-4c57-a3a8-7b1d0f2e9c11',
    instanceId: INSTANCE.id,
    keyId: key.id,
    twoPeople: true,
    incarnation: 1,
    round: 1,
    requester: WRITER.id,
    requesterRole: 'Writer',
    requestedAt: REQUESTED_AT,
    windowEndsAt: REQUESTED_AT + 7 * DAY,
    reauthorizeEndsAt: REQUESTED_AT + 9 * DAY,
    manifest,
    manifestDigest: createHash('sha256').update(JSON.stringify(manifest)).digest('hex'),
    lossDigest: '11'.repeat(32),
    lossVersion: 1,
  } as const;
  return { ...common, ...endOf(status, note, why) };
}

type Rest<S extends Status = Status> = S extends Status
  ? Omit<In<S>, keyof In<'pending'>> & { status: S }
  : never;

function endOf(status: Status, note: string, why: string): Rest {
  const endedAt = REQUESTED_AT + DAY + 5 * MINUTE;
  const approval = { approver: MANAGER.id, approvedAt: REQUESTED_AT + DAY, decidedThrough: 'link' } as const;
  switch (status) {
    case 'pending':
      return { status };
    case 'approved':
      return { status, ...approval };
    case 'destroying':
      return { status, ...approval, startedAt: endedAt, attempts: 1, attemptedAt: endedAt };
    case 'consumed':
      return { status, ...approval, endedAt };
    case 'denied':
    case 'withdrawn':
      return { status, endedAt, endedBy: MANAGER.id, note };
    case 'lapsed':
    case 'drifted':
      return { status, closedAt: endedAt };
    case 'expired':
    case 'superseded':
      return { status, endedAt };
    case 'void':
    case 'refused':
      return { status, endedAt, why };
  }
}
