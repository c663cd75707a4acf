import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  approveChange,
  askedFor,
  type ChangeRequest,
  endChange,
  isAboutTheSame,
  newChangeRequest,
  statusAt,
  stopChange,
  whyNotAsk,
} from '../../lib/domain/change-request.ts';
import { isActive, type Person, principalOf } from '../../lib/domain/person.ts';
import { DAY } from '../../lib/domain/time.ts';
import { ASKED, alice, bob, GRANTED, person, wendy } from './samples.ts';

const DIGEST = 'd'.repeat(64);
const INSTANCE = {
  id: 'instance',
  createdAt: GRANTED - 10 * DAY,
  managerWait: 86_400,
  authorizationWindow: 604_800,
};

const newRequest = (by: Person = alice, gains = wendy.id) =>
  newChangeRequest(
    INSTANCE,
    {
      id: 'request',
      change: { kind: 'person', person: gains, grant: [{ role: 'Manager' }] },
      subject: 'wendy@example.com',
      differences: [],
      digest: DIGEST,
      gains,
      by,
    },
    ASKED,
  );

const approving = (by: Person, other: Partial<Parameters<typeof approveChange>[1]> = {}) => ({
  by,
  requester: alice,
  digest: DIGEST,
  digestNow: DIGEST,
  serviceApprovals: false,
  ...other,
});
const refusal = (
  by: Person,
  other: Parameters<typeof approving>[1] = {},
  { request = newRequest() as ChangeRequest, at = ASKED + 1 } = {},
) => {
  const decision = approveChange(request, approving(by, other), at);
  return decision.ok ? 'approved' : decision.refusal.code;
};

describe('a change request is approved', () => {
  it('by a Manager of the instance who is neither who asked nor who gains, up to the last millisecond', () => {
    expect(refusal(bob)).toBe('approved');
    expect(refusal(bob, {}, { at: ASKED + 7 * DAY - 1 })).toBe('approved');
    expect(refusal(bob, {}, { at: ASKED + 7 * DAY })).toBe('window-closed');
  });

  it.each<readonly [string, Person]>([
    ['own-request', alice],
    ['own-gain', person('wendy', ['Manager'])],
    ['own-request', person('robot', ['Manager'], { kind: 'service', owner: alice.id })],
    ['own-gain', person('robot', ['Manager'], { kind: 'service', owner: wendy.id })],
    ['service-identity', person('robot', ['Manager'], { kind: 'service', owner: bob.id })],
    [
      'access-denied',
      person('kim', [], { grants: [{ role: 'Manager', on: { key: 'k' }, grantedAt: GRANTED }] }),
    ],
    ['access-denied', person('will', ['Writer'])],
    ['access-denied', person('frieda', ['Manager'], { status: 'frozen' })],
    ['grant-too-young', person('new', ['Manager'], { since: ASKED - DAY })],
    ['grant-too-young', person('moved', ['Manager'], { addressSince: ASKED - DAY })],
    ['grant-too-young', person('later', ['Manager'], { since: ASKED + 1 })],
  ])('not (%s) by %o', (code, by) => {
    expect(refusal(by)).toBe(code);
  });

  it('by a service where the instance lets them, and not by the one of who asked', () => {
    const robot = (owner: Person) => person('robot', ['Manager'], { kind: 'service', owner: owner.id });
    expect(refusal(robot(bob), { serviceApprovals: true })).toBe('approved');
    expect(refusal(robot(alice), { serviceApprovals: true })).toBe('own-request');
  });

  it('only while whoever asked is a Manager as they were, and nobody has stopped their requests', () => {
    expect(refusal(bob, { requester: undefined })).toBe('requester-gone');
    expect(refusal(bob, { requester: { ...alice, status: 'removed', roles: {} } })).toBe('requester-gone');
    expect(refusal(bob, { requester: { ...alice, status: 'frozen' } })).toBe('requester-gone');
    expect(refusal(bob, { requester: person('alice', ['Manager'], { since: ASKED + 1 }) })).toBe(
      'requester-gone',
    );
    expect(refusal(bob, { requester: { ...alice, requestsFrozenAt: ASKED } })).toBe('requests-frozen');
    expect(
      refusal(bob, { requester: { ...alice, requestsFrozenAt: ASKED, requestsLiftedAt: ASKED + 1 } }),
    ).toBe('requests-frozen');
  });

  it('only as it was shown, and only while what it changes is as it was', () => {
    expect(refusal(bob, { digest: 'e'.repeat(64) })).toBe('change-mismatch');
    expect(refusal(bob, { digestNow: 'e'.repeat(64) })).toBe('change-drifted');
    expect(refusal(bob, { digestNow: undefined })).toBe('change-drifted');
  });

  it('once', () => {
    for (const status of ['approved', 'denied', 'withdrawn', 'expired', 'superseded', 'drifted'] as const) {
      const request = endChange(newRequest(), { status }, ASKED + 1);
      expect(refusal(bob, {}, { request })).toBe('change-decided');
      expect(stopChange(request, { status: 'denied', by: bob }, ASKED + 2).ok).toBe(false);
    }
  });
});

it('is stopped by any Manager of the instance, also by who asked or gains, and by nobody else', () => {
  const stop = (by: Person, at = ASKED + 1) => {
    const decision = stopChange(newRequest(), { status: 'denied', by, note: 'no' }, at);
    return decision.ok ? decision.value : decision.refusal.code;
  };
  for (const by of [alice, bob, person('wendy', ['Manager'])]) {
    expect(stop(by)).toMatchObject({ status: 'denied', endedBy: by.id, endedAt: ASKED + 1, note: 'no' });
  }
  expect(stop(wendy)).toBe('access-denied');
  expect(stop(bob, ASKED + 7 * DAY)).toBe('window-closed');
});

it('is expired from the moment on that its window ends, whether or not somebody writes it down', () => {
  expect(statusAt(newRequest(), ASKED + 7 * DAY - 1)).toBe('pending');
  expect(statusAt(newRequest(), ASKED + 7 * DAY)).toBe('expired');
});

it('waits as long as the instance’s window, at least a day, and where the window is unusable seven', () => {
  const waits = (authorizationWindow: number) => {
    const asked = {
      id: 'r',
      change: { kind: 'settings', settings: {} },
      subject: '',
      differences: [],
    } as const;
    const request = newChangeRequest(
      { ...INSTANCE, authorizationWindow },
      { ...asked, digest: DIGEST, by: alice },
      ASKED,
    );
    return (request.windowEndsAt - ASKED) / DAY;
  };
  expect([864_000, 60, 0, 21 * 86_400].map(waits)).toEqual([10, 1, 7, 7]);
});

it('is about the same as another of the same person, or of one of the same settings', () => {
  const person1 = { kind: 'person', person: 'a', status: 'active' } as const;
  const window = { kind: 'settings', settings: { authorizationWindow: 1 } } as const;
  const both = { kind: 'settings', settings: { authorizationWindow: 2, restoreWindow: 0 } } as const;
  const services = { kind: 'settings', settings: { serviceApprovals: true } } as const;
  expect(isAboutTheSame(person1, { kind: 'person', person: 'a', email: 'x' })).toBe(true);
  expect(isAboutTheSame(person1, { kind: 'person', person: 'b', status: 'active' })).toBe(false);
  expect(isAboutTheSame(window, both)).toBe(true);
  expect(isAboutTheSame(services, both)).toBe(false);
  expect(isAboutTheSame(person1, window)).toBe(false);
});

it('is not asked for by whoever’s requests are stopped', () => {
  expect(whyNotAsk({ ...alice, requestsFrozenAt: 1 })?.code).toBe('requests-frozen');
  expect(whyNotAsk({ ...alice, requestsFrozenAt: 1, requestsLiftedAt: 2 })).toBeUndefined();
});

it('whoever approves is always a second person: of the instance, older than the request, and gains nothing', () => {
  const owner = fc.constantFrom(alice.id, bob.id, wendy.id);
  const age = fc.oneof(fc.integer({ min: -3 * DAY, max: -DAY - 1 }), fc.integer({ min: -DAY, max: DAY }));
  const seldom = <T>(arbitrary: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
  const anybody = fc.record({
    name: fc.constantFrom('alice', 'bob', 'bob', 'wendy', 'carol'),
    role: fc.constantFrom('Manager', 'Manager', 'Manager', 'Writer', 'KeyPurge'),
    status: fc.constantFrom('active', 'active', 'active', 'frozen', 'removed'),
    since: age,
    addressSince: seldom(age),
    owner: seldom(owner),
    ownerGone: seldom(fc.constant(true as const)),
    serviceApprovals: fc.boolean(),
  });
  let approved = 0;
  fc.assert(
    fc.property(anybody, ({ name, role, since, addressSince, serviceApprovals, ...rest }) => {
      const by = person(name, [role] as never, {
        since: ASKED + since,
        status: rest.status as Person['status'],
        ...(addressSince !== undefined && { addressSince: ASKED + addressSince }),
        ...(rest.owner !== undefined && { owner: rest.owner, kind: 'service' as const }),
        ...(rest.ownerGone !== undefined && { ownerGone: rest.ownerGone }),
      });
      const request = newRequest();
      const decision = approveChange(request, approving(by, { serviceApprovals }), ASKED + 2 * DAY);
      const { since: measured } = askedFor(request);
      const mayApprove =
        isActive(by) &&
        role === 'Manager' &&
        ASKED + since < measured &&
        (addressSince === undefined || ASKED + addressSince < measured) &&
        principalOf(by) !== alice.id &&
        principalOf(by) !== wendy.id &&
        (by.kind === 'user' || serviceApprovals);
      if (decision.ok) approved += 1;
      expect(decision.ok).toBe(mayApprove);
    }),
    { numRuns: 3_000 },
  );
  expect(approved).toBeGreaterThan(50);
});
