import { describe, expect, it } from 'vitest';
import { type ApproveCommand, approve, askedNow, somebodyCouldApprove } from '../../lib/domain/approval.ts';
import type { Authorization } from '../../lib/domain/authorization.ts';
import { approversSince, LONGEST_WINDOW } from '../../lib/domain/instance.ts';
import { DESTROYED, type Key } from '../../lib/domain/key.ts';
import { refusalOf } from '../support/story.ts';
import {
  ASKED,
  alice,
  authorization,
  bob,
  key,
  person,
  rita,
  STATUSES,
  WINDOW_ENDS,
  wendy,
} from './samples.ts';

interface Case {
  readonly authorization?: Authorization;
  readonly key?: Key;
  readonly command?: Partial<ApproveCommand>;
  readonly now?: number;
}

const decide = (given: Case = {}) =>
  approve(
    { authorization: given.authorization ?? authorization('pending'), key: given.key ?? key() },
    { approver: alice, requester: wendy, round: 1, decidedThrough: 'link', ...given.command },
    given.now ?? ASKED + 1,
  );

describe('the second authorization', () => {
  it('is recorded with who gave it, when and how, and changes nothing else', () => {
    expect(decide()).toEqual({
      ok: true,
      value: authorization('approved', { approvedAt: ASKED + 1, decidedThrough: 'link' }),
    });
  });

  it.each<[string, string, Case]>([
    ['by the requester', 'own-request', { command: { approver: { ...alice, id: wendy.id } } }],
    ['by a Writer', 'access-denied', { command: { approver: person('will', ['Writer']) } }],
    ['by a Reader', 'access-denied', { command: { approver: rita } }],
    ['by a frozen Manager', 'access-denied', { command: { approver: { ...alice, status: 'frozen' } } }],
    ['by a removed Manager', 'access-denied', { command: { approver: { ...alice, status: 'removed' } } }],
    [
      'by somebody who may purge keys',
      'access-denied',
      { command: { approver: person('kim', ['KeyPurge']) } },
    ],
    ['by a service', 'service-identity', { command: { approver: { ...alice, kind: 'service' } } }],
    [
      'by a Manager since the round began',
      'grant-too-young',
      { command: { approver: person('mia', ['Manager'], { since: ASKED }) } },
    ],
    [
      'by a Manager who has not waited as long as the instance says',
      'grant-too-young',
      {
        authorization: authorization('pending', { approversSince: ASKED - 1_000 }),
        command: { approver: person('mia', ['Manager'], { since: ASKED - 1_000 }) },
      },
    ],
    [
      'by a Manager since later',
      'grant-too-young',
      { command: { approver: person('mia', ['Manager'], { since: ASKED + 1 }) } },
    ],
    [
      'by a Manager whose address was changed as the round began',
      'grant-too-young',
      { command: { approver: { ...alice, addressSince: ASKED } } },
    ],
    [
      'by a Manager whose address was changed since',
      'grant-too-young',
      { command: { approver: { ...alice, addressSince: ASKED + 1 } } },
    ],
    ['when the requester is gone', 'requester-gone', { command: { requester: undefined } }],
    [
      'when the requester is frozen',
      'requester-gone',
      { command: { requester: { ...wendy, status: 'frozen' } } },
    ],
    [
      'when the requester lost the role',
      'requester-gone',
      { command: { requester: { ...wendy, roles: {} } } },
    ],
    [
      'when the requester holds another role than they asked with',
      'requester-gone',
      { command: { requester: person('wendy', ['Manager']) } },
    ],
    ['of another round', 'other-round', { command: { round: 2 } }],
    ['when the key points to another one', 'other-round', { key: key({ authorizationId: 'another' }) }],
    ['when the key points to none', 'other-round', { key: { ...key(), authorizationId: '' } }],
    ['of a destroyed key', 'key-destroyed', { key: key({ state: DESTROYED }) }],
    ['at the end of the window', 'window-closed', { now: WINDOW_ENDS }],
    [
      'in a window that is longer than there can be',
      'window-unusable',
      { authorization: authorization('pending', { windowEndsAt: ASKED + LONGEST_WINDOW * 1_000 + 1 }) },
    ],
    ['after the window', 'window-closed', { now: WINDOW_ENDS + 1 }],
    ['when what would be lost has changed', 'loss-changed', { key: key({ lossVersion: 2 }) }],
    ['of another manifest', 'manifest-mismatch', { command: { manifestDigest: 'another' } }],
  ])('is refused %s: %s', (_, code, given) => {
    expect(refusalOf(decide(given))).toBe(code);
  });

  it('is taken up to the last millisecond of the window', () => {
    expect(decide({ now: WINDOW_ENDS - 1 }).ok).toBe(true);
  });

  it('is taken from a Manager of a millisecond before the round', () => {
    const approver = person('mia', ['Manager'], { since: ASKED - 1 });
    expect(decide({ command: { approver } }).ok).toBe(true);
  });

  it('is taken for the manifest that was seen', () => {
    expect(decide({ command: { manifestDigest: 'manifest' } }).ok).toBe(true);
  });

  it('is taken of a pending authorization alone', () => {
    const answers = STATUSES.map((status) => [
      status,
      refusalOf(decide({ authorization: authorization(status) })),
    ]);
    expect(Object.fromEntries(answers)).toEqual({
      pending: 'accepted',
      lapsed: 'window-closed',
      drifted: 'loss-changed',
      ...Object.fromEntries(
        STATUSES.filter((status) => !['pending', 'lapsed', 'drifted'].includes(status)).map((status) => [
          status,
          'already-decided',
        ]),
      ),
    });
  });
});

describe('somebody could approve', () => {
  const now = ASKED;
  it.each([
    [true, 'another Manager', [wendy, alice]],
    [false, 'nobody but the requester', [person('wendy', ['Manager'])]],
    [false, 'a Manager of this very moment', [wendy, person('mia', ['Manager'], { since: now })]],
    [false, 'a service', [wendy, { ...alice, kind: 'service' as const }]],
    [false, 'a frozen Manager', [wendy, { ...bob, status: 'frozen' as const }]],
    [false, 'a Writer and a Reader', [wendy, rita, person('will', ['Writer'])]],
  ])('%s: %s', (expected, _, people) => {
    expect(somebodyCouldApprove(people, askedNow(wendy, key(), { now }))).toBe(expected);
  });
});

describe('whoever becomes Manager', () => {
  const created = ASKED - 10_000_000;
  const instance = { createdAt: created, managerWait: 3_600 };

  it('may approve what is asked for when the instance’s wait is over', () => {
    expect(approversSince(instance, ASKED)).toBe(ASKED - 3_600_000);
    const mia = person('mia', ['Manager'], { since: ASKED - 3_600_001 });
    const asked = askedNow(wendy, key(), { now: ASKED, instance });
    expect(somebodyCouldApprove([mia], asked)).toBe(true);
    expect(somebodyCouldApprove([{ ...mia, roles: { Manager: ASKED - 3_600_000 } }], asked)).toBe(false);
  });

  it('does not wait where the instance began with them', () => {
    const now = created + 1_000;
    expect(approversSince(instance, now)).toBe(created + 1);
    expect(approversSince(instance, created)).toBe(created);
  });

  it('does not wait where the instance has no wait', () => {
    expect(approversSince({ createdAt: created }, ASKED)).toBe(ASKED);
  });
});
