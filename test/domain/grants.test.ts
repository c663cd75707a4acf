import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ACCESS,
  couldCall,
  mayCall,
  NARROW,
  type Operation,
  visibleInLists,
} from '../../lib/domain/access.ts';
import { approve, askedNow, managersOver, somebodyCouldApprove } from '../../lib/domain/approval.ts';
import type { Authorization } from '../../lib/domain/authorization.ts';
import type { Key } from '../../lib/domain/key.ts';
import { carryOut, reauthorize } from '../../lib/domain/outcome.ts';
import {
  holds,
  type Person,
  principalOf,
  ROLES,
  type Role,
  type Scope,
  type ScopedGrant,
} from '../../lib/domain/person.ts';
import { requestDeletion } from '../../lib/domain/request.ts';
import { refusalOf } from '../support/story.ts';
import {
  ASKED,
  alice,
  authorization,
  bob,
  GRANTED,
  key,
  person,
  REAUTHORIZATION_WINDOW,
  wendy,
} from './samples.ts';

const ON_THE_KEY: Scope = { key: key().id };
const ON_ITS_RING: Scope = { keyRing: 'default' };
const ON_ANOTHER_KEY: Scope = { key: 'another' };
const ON_ANOTHER_RING: Scope = { keyRing: 'another' };

const on = (scope: Scope, role: Role = 'Manager', grantedAt = GRANTED): ScopedGrant => ({
  role,
  on: scope,
  grantedAt,
});
const mia = (...grants: readonly ScopedGrant[]): Person => person('mia', [], { grants });
const service = (owner: Person, roles: readonly Role[], other: Partial<Person> = {}): Person =>
  person(`service of ${owner.email}`, roles, {
    kind: 'service',
    email: '',
    name: 'nightly',
    owner: owner.id,
    ...other,
  });

const OPERATIONS = Object.keys(ACCESS) as readonly Operation[];

describe('a grant on a part of the instance', () => {
  it.each<[string, Scope, boolean]>([
    ['the key', ON_THE_KEY, true],
    ['its ring', ON_ITS_RING, true],
    ['another key', ON_ANOTHER_KEY, false],
    ['another ring', ON_ANOTHER_RING, false],
  ])('on %s covers what may be done to the key: %s is %s', (_, scope, expected) => {
    for (const operation of OPERATIONS.filter((one) => NARROW[one] === 'key')) {
      for (const role of ROLES) {
        const allowed = expected && (ACCESS[operation] as readonly Role[]).includes(role);
        expect(mayCall(mia(on(scope, role)), operation, key()), `${role} ${operation}`).toBe(allowed);
      }
    }
  });

  it('is enough for no operation on the instance', () => {
    const everything = mia(...ROLES.flatMap((role) => [on(ON_THE_KEY, role), on(ON_ITS_RING, role)]));
    for (const operation of OPERATIONS) {
      expect(mayCall(everything, operation), operation).toBe(false);
      if (NARROW[operation] === undefined) {
        expect(mayCall(everything, operation, key()), operation).toBe(false);
        expect(couldCall(everything, operation), operation).toBe(false);
      }
    }
  });

  it('on a ring shows the keys of that ring in lists, on a key shows none', () => {
    expect(visibleInLists(mia(on(ON_ITS_RING, 'Reader')), key())).toBe(true);
    expect(visibleInLists(mia(on(ON_ANOTHER_RING, 'Reader')), key())).toBe(false);
    expect(visibleInLists(mia(on(ON_THE_KEY, 'Reader')), key())).toBe(false);
    expect(couldCall(mia(on(ON_THE_KEY, 'Reader')), 'listKeys')).toBe(false);
    expect(visibleInLists(person('rita', ['Reader']), key())).toBe(true);
  });

  it('on a ring lets keys be made in that ring, on a key lets none', () => {
    const writer = mia(on(ON_ITS_RING, 'Writer'));
    expect(mayCall(writer, 'createKey', { keyRingId: 'default' })).toBe(true);
    expect(mayCall(writer, 'createKey', { keyRingId: 'another' })).toBe(false);
    expect(mayCall(mia(on(ON_THE_KEY, 'Writer')), 'createKey', { id: key().id, keyRingId: 'default' })).toBe(
      false,
    );
  });

  it('counts for nobody who is frozen or removed, and for no service whose owner is', () => {
    const manager = mia(on(ON_THE_KEY));
    for (const gone of [{ status: 'frozen' }, { status: 'removed' }, { ownerGone: true }] as const) {
      expect(holds({ ...manager, ...gone }, ['Manager'], key())).toBe(false);
      expect(couldCall({ ...manager, ...gone }, 'deleteKey')).toBe(false);
      expect(couldCall({ ...alice, ...gone }, 'manageApiKeys')).toBe(false);
    }
  });
});

interface Case {
  readonly approver: Person;
  readonly authorization?: Authorization;
  readonly key?: Key;
  readonly requester?: Person;
  readonly serviceApprovals?: boolean;
}

const decide = ({ approver, serviceApprovals, ...given }: Case) => {
  const round = given.authorization ?? authorization('pending');
  const command = {
    approver,
    requester: given.requester ?? wendy,
    round: 1,
    decidedThrough: 'api',
    serviceApprovals,
  } as const;
  return approve({ authorization: round, key: given.key ?? key() }, command, ASKED + 1);
};

const moved = key({ keyRingId: 'another' });
const askedByService = (owner: Person) => ({
  requester: service(owner, ['Writer']),
  authorization: authorization('pending', {
    requester: service(owner, ['Writer']).id,
    requesterPrincipal: owner.id,
  }),
});

describe('the second authorization by whoever is Manager', () => {
  it.each<[string, string, Case]>([
    ['of the key', 'accepted', { approver: mia(on(ON_THE_KEY)) }],
    ['of its ring', 'accepted', { approver: mia(on(ON_ITS_RING)) }],
    ['of another key', 'access-denied', { approver: mia(on(ON_ANOTHER_KEY)) }],
    ['of another ring', 'access-denied', { approver: mia(on(ON_ANOTHER_RING)) }],
    [
      'of the key since the round began',
      'grant-too-young',
      { approver: mia(on(ON_THE_KEY, 'Manager', ASKED)) },
    ],
    [
      'of the key since later, and of its ring since before',
      'accepted',
      { approver: mia(on(ON_THE_KEY, 'Manager', ASKED + 1), on(ON_ITS_RING)) },
    ],
    [
      'of a ring that the key was moved to',
      'grant-too-young',
      { approver: mia(on(ON_ANOTHER_RING)), key: moved },
    ],
    [
      'of a ring that the key was moved to before it was asked for',
      'accepted',
      { approver: mia(on(ON_ITS_RING)), key: key({ inRingSince: ASKED - 1 }) },
    ],
    [
      'of a ring that the key was moved to so that they can approve what is asked for then',
      'grant-too-young',
      { approver: mia(on(ON_ITS_RING)), key: key({ inRingSince: ASKED }) },
    ],
    [
      'of the instance, whatever ring the key was moved to',
      'accepted',
      { approver: bob, key: key({ inRingSince: ASKED }) },
    ],
    ['of the ring that it was moved out of', 'access-denied', { approver: mia(on(ON_ITS_RING)), key: moved }],
    ['of the key, wherever it was moved', 'accepted', { approver: mia(on(ON_THE_KEY)), key: moved }],
    ['Writer of the key alone', 'access-denied', { approver: mia(on(ON_THE_KEY, 'Writer')) }],
    ['and owner of the service that asked', 'own-request', { approver: alice, ...askedByService(alice) }],
    ['and nothing to the service that asked', 'accepted', { approver: bob, ...askedByService(alice) }],
    ['as a service', 'service-identity', { approver: service(bob, ['Manager']) }],
    [
      'as a service, where the instance lets services approve',
      'accepted',
      { approver: service(bob, ['Manager']), serviceApprovals: true },
    ],
    [
      'as a service of the requester',
      'own-request',
      { approver: service(wendy, ['Manager']), serviceApprovals: true },
    ],
    [
      'as another service of the owner of the service that asked',
      'own-request',
      {
        approver: { ...service(alice, ['Manager']), id: 'second' },
        ...askedByService(alice),
        serviceApprovals: true,
      },
    ],
    [
      'as a service whose owner is gone',
      'access-denied',
      { approver: service(bob, ['Manager'], { ownerGone: true }), serviceApprovals: true },
    ],
    [
      'of what a service asked whose owner is gone',
      'requester-gone',
      { approver: bob, ...askedByService(alice), requester: service(alice, ['Writer'], { ownerGone: true }) },
    ],
    [
      'of what somebody asked whose role was taken and granted again',
      'requester-gone',
      { approver: alice, requester: person('wendy', ['Writer'], { since: ASKED + 1 }) },
    ],
    [
      'of what a Writer of this key asked',
      'accepted',
      { approver: alice, requester: { ...mia(on(ON_THE_KEY, 'Writer')), id: wendy.id } },
    ],
    [
      'of what a Writer of another key asked',
      'requester-gone',
      { approver: alice, requester: { ...mia(on(ON_ANOTHER_KEY, 'Writer')), id: wendy.id } },
    ],
  ])('%s is %s', (_, code, given) => {
    expect(refusalOf(decide(given))).toBe(code);
  });

  it('as a service says whose service it is', () => {
    const decision = decide({ approver: service(bob, ['Manager']), serviceApprovals: true });
    expect(decision).toMatchObject({ ok: true, value: { approverPrincipal: bob.id } });
  });
});

describe('an approval is not carried out any more', () => {
  const approved = authorization('approved', { approver: bob.id });
  const why = (other: Partial<Parameters<typeof carryOut>[1]>, before = approved, of = key()) =>
    carryOut(
      { authorization: before, key: of },
      { requester: wendy, approver: bob, ...other },
      REAUTHORIZATION_WINDOW,
      ASKED + 2,
    );

  it.each<[string, string, ReturnType<typeof why>]>([
    [
      'whose approver holds another grant now',
      'the approver became Manager after the request, or their address was changed since',
      why({ approver: person('bob', ['Manager'], { since: ASKED + 1 }) }),
    ],
    [
      'whose approver has no grant on this key',
      'the approver is not a Manager any more',
      why({ approver: { ...bob, roles: {}, grants: [on(ON_ANOTHER_KEY)] } }),
    ],
    [
      'whose requester was granted their role anew',
      'the requester does not hold their role any more',
      why({ requester: person('wendy', ['Writer'], { since: ASKED + 1 }) }),
    ],
    [
      'whose two people are one through a service',
      'requester and approver are one person',
      why({}, { ...approved, requesterPrincipal: bob.id }),
    ],
    [
      'whose approver was a service of the requester',
      'requester and approver are one person',
      why({}, { ...approved, approverPrincipal: wendy.id }),
    ],
    [
      'by a service, once the instance wants none',
      'the instance does not let service identities approve any more',
      why({ approver: service(alice, ['Manager']), serviceApprovals: false }),
    ],
  ])('%s', (_, expected, outcome) => {
    expect(outcome).toMatchObject({ status: 'void', why: expected });
  });

  it('but is, by the grant on the key alone', () => {
    expect(why({ approver: { ...bob, roles: {}, grants: [on(ON_THE_KEY)] } })).toMatchObject({
      status: 'consumed',
    });
  });
});

describe('a deletion is asked for', () => {
  const ask = (requester: Person, people: readonly Person[] = [alice, bob]) =>
    refusalOf(requestDeletion({ key: key({}), current: undefined, requester, people }, ASKED));

  it('by a Writer of the key, of its ring, or by a service', () => {
    expect(ask(mia(on(ON_THE_KEY, 'Writer')))).toBe('accepted');
    expect(ask(mia(on(ON_ITS_RING, 'Writer')))).toBe('accepted');
    expect(ask(service(alice, ['Writer']))).toBe('accepted');
    expect(ask(mia(on(ON_ANOTHER_KEY, 'Writer')))).toBe('access-denied');
    expect(ask(mia(on(ON_THE_KEY, 'Reader')))).toBe('access-denied');
  });

  it('only when somebody could approve who is not the owner', () => {
    expect(ask(service(alice, ['Writer']), [alice, service(bob, ['Manager'])])).toBe('approver-missing');
    expect(ask(alice, [alice, service(bob, ['Manager'])])).toBe('approver-missing');
    expect(ask(alice, [alice, mia(on(ON_ANOTHER_KEY))])).toBe('approver-missing');
    expect(ask(alice, [alice, mia(on(ON_THE_KEY))])).toBe('accepted');
  });

  it('with a round of its own requester, service or not', () => {
    const before = authorization('lapsed', { requester: 'service', requesterPrincipal: alice.id });
    const { manifest, manifestDigest, lossDigest, lossVersion } = before;
    const own = { manifest, manifestDigest, lossDigest, lossVersion, windowEndsAt: 5, reauthorizeEndsAt: 6 };
    const next = { ...own, by: bob, requester: undefined, role: 'Manager', round: 1 } as const;
    const after = reauthorize({ authorization: before, key: key() }, next, before.closedAt + 1);
    expect(after).toMatchObject({ ok: true, value: { requester: bob.id, formerRequesters: [alice.id] } });
    expect(after.ok && after.value.requesterPrincipal).toBeUndefined();
  });
});

it('Managers are counted by key, and services not at all', () => {
  const people = [
    alice,
    mia(on(ON_THE_KEY)),
    service(bob, ['Manager']),
    { ...bob, status: 'frozen' as const },
  ];
  expect(managersOver(people)).toBe(1);
  expect(managersOver(people, key())).toBe(2);
});

describe('whatever the grants, owners and times', () => {
  const scopes = [undefined, ON_THE_KEY, ON_ITS_RING, ON_ANOTHER_KEY, ON_ANOTHER_RING];
  const times = fc.integer({ min: -2, max: 2 }).map((shift) => ASKED + shift);
  const grants = fc.array(
    fc.record({ role: fc.constantFrom(...ROLES), on: fc.constantFrom(...scopes), grantedAt: times }),
    { maxLength: 4 },
  );
  const users = ['ann', 'ben'] as const;
  const anybody = fc.record({
    user: fc.constantFrom(...users),
    isService: fc.boolean(),
    status: fc.constantFrom('active', 'active', 'active', 'frozen'),
    ownerGone: fc.boolean(),
    grants,
  });
  type Anybody = typeof anybody extends fc.Arbitrary<infer T> ? T : never;
  const personOf = ({ user, isService, status, ownerGone, grants: given }: Anybody): Person => {
    const owner = `countersign|${user}`;
    return {
      ...person(isService ? `${user}s-service` : user, []),
      ...(isService && { kind: 'service', owner, ...(ownerGone && { ownerGone }) }),
      status,
      roles: Object.fromEntries(
        given.flatMap((one) => (one.on === undefined ? [[one.role, one.grantedAt]] : [])),
      ),
      grants: given.flatMap((one) => (one.on === undefined ? [] : [{ ...one, on: one.on }])),
    };
  };

  it('nobody approves what their principal asked for, and nobody without an older grant over the key', () => {
    fc.assert(
      fc.property(
        anybody,
        anybody,
        fc.boolean(),
        fc.constantFrom('default', 'another'),
        (a, b, serviceApprovals, keyRingId) => {
          const [requester, approver] = [personOf(a), personOf(b)];
          const asked = {
            requester: requester.id,
            ...(requester.owner !== undefined && { requesterPrincipal: requester.owner }),
          };
          const now = key({ keyRingId });
          const round = authorization('pending', asked);
          const decision = decide({ approver, requester, authorization: round, key: now, serviceApprovals });
          const counts = b.grants.some(
            (one) =>
              one.role === 'Manager' &&
              one.grantedAt < ASKED &&
              (one.on === undefined ||
                one.on === ON_THE_KEY ||
                (one.on === ON_ITS_RING && keyRingId === 'default')),
          );
          const allowed =
            a.user !== b.user &&
            counts &&
            b.status === 'active' &&
            !(b.isService && (b.ownerGone || !serviceApprovals));
          if (!allowed) expect(decision.ok).toBe(false);
          if (decision.ok) {
            const before = { ...decision.value, approver: approver.id };
            expect(principalOf(approver)).not.toBe(principalOf(requester));
            const both = { requester, approver, serviceApprovals };
            const end = carryOut(
              { authorization: before, key: now },
              both,
              REAUTHORIZATION_WINDOW,
              ASKED + 2,
            );
            expect(end.status).toBe('consumed');
            // The very same, were the two one person.
            const one = { ...before, requesterPrincipal: principalOf(approver) };
            expect(
              carryOut({ authorization: one, key: now }, both, REAUTHORIZATION_WINDOW, ASKED + 2).status,
            ).toBe('void');
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('somebody could approve exactly when one of them would be let', () => {
    fc.assert(
      fc.property(
        fc.array(anybody, { maxLength: 4 }),
        anybody,
        fc.boolean(),
        (others, asker, serviceApprovals) => {
          const requester = personOf(asker);
          const people = others.map(personOf);
          const round = authorization('pending', {
            requester: requester.id,
            ...(requester.owner !== undefined && { requesterPrincipal: requester.owner }),
          });
          const some = people.some((approver) => {
            const code = refusalOf(decide({ approver, requester, authorization: round, serviceApprovals }));
            return code === 'accepted' || code === 'requester-gone';
          });
          expect(
            somebodyCouldApprove(people, askedNow(requester, key(), { now: ASKED, serviceApprovals })),
          ).toBe(some);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
