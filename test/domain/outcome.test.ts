import { describe, expect, it } from 'vitest';
import {
  APPROVAL_VALIDITY,
  type Authorization,
  MOST_ROUNDS,
  type Status,
} from '../../lib/domain/authorization.ts';
import { DESTROYED, type Key } from '../../lib/domain/key.ts';
import {
  type BothPeople,
  carryOut,
  deny,
  mayReauthorize,
  reauthorize,
  settle,
  supersede,
  withdraw,
} from '../../lib/domain/outcome.ts';
import type { Person } from '../../lib/domain/person.ts';
import { SECOND } from '../../lib/domain/time.ts';
import { refusalOf } from '../support/story.ts';
import {
  ASKED,
  alice,
  authorization,
  bob,
  key,
  person,
  policy,
  REAUTHORIZATION_WINDOW,
  REAUTHORIZE_ENDS,
  rita,
  STATUSES,
  WINDOW_ENDS,
  wendy,
} from './samples.ts';

const NOW = ASKED + 1;
/** What each status answers. */
const answers = (of: (status: Status) => string): Record<string, string> =>
  Object.fromEntries(STATUSES.map((status) => [status, of(status)]));
const all = (code: string, but: Record<string, string>) => answers((status) => but[status] ?? code);

describe('a denial', () => {
  const say = (given: { by?: Person; round?: number; authorization?: Authorization; key?: Key } = {}) =>
    deny(
      { authorization: given.authorization ?? authorization('pending'), key: given.key ?? key() },
      { by: given.by ?? bob, round: given.round ?? 1, note: 'in use' },
      NOW,
    );

  it('ends the authorization with who, when and why', () => {
    const { status, endedAt, endedBy, note } = {
      ...authorization('denied'),
      endedAt: NOW,
      endedBy: bob.id,
      note: 'in use',
    };
    expect(say()).toMatchObject({ ok: true, value: { status, endedAt, endedBy, note } });
  });

  it('is any Manager’s, the requester included', () => {
    expect(say({ by: person('wendy', ['Manager']) }).ok).toBe(true);
    for (const by of [wendy, rita, { ...bob, status: 'frozen' as const }]) {
      expect(refusalOf(say({ by }))).toBe('access-denied');
    }
  });

  it('is of this round, and of what the key points to', () => {
    expect(refusalOf(say({ round: 2 }))).toBe('other-round');
    expect(refusalOf(say({ key: key({ authorizationId: 'another' }) }))).toBe('other-round');
  });

  it('is possible while pending alone', () => {
    expect(answers((status) => refusalOf(say({ authorization: authorization(status) })))).toEqual(
      all('already-decided', { pending: 'accepted', lapsed: 'window-closed' }),
    );
  });
});

describe('a withdrawal', () => {
  const say = (status: Status, given: { by?: Person; key?: Key } = {}) =>
    withdraw(
      { authorization: authorization(status), key: given.key ?? key() },
      { by: given.by ?? wendy },
      NOW,
    );

  it('takes back whatever is not over, an approval too', () => {
    expect(answers((status) => refusalOf(say(status)))).toEqual(
      all('nothing-pending', {
        pending: 'accepted',
        approved: 'accepted',
        destroying: 'deletion-under-way',
        lapsed: 'accepted',
        drifted: 'accepted',
      }),
    );
    expect(say('approved')).toMatchObject({
      value: { status: 'withdrawn', endedBy: wendy.id, endedAt: NOW },
    });
    expect(say('approved')).not.toHaveProperty('value.approver');
  });

  it('is anybody’s who may ask for deletions', () => {
    expect(say('pending', { by: bob }).ok).toBe(true);
    expect(refusalOf(say('pending', { by: rita }))).toBe('access-denied');
  });

  it('comes too late for a destroyed key, and for another authorization', () => {
    expect(refusalOf(say('approved', { key: key({ state: DESTROYED }) }))).toBe('key-destroyed');
    expect(refusalOf(say('pending', { key: key({ authorizationId: 'another' }) }))).toBe('nothing-pending');
  });
});

it('a later request supersedes what is open and not approved', () => {
  expect(answers((status) => refusalOf(supersede(authorization(status), NOW)))).toEqual(
    all('already-decided', {
      pending: 'accepted',
      lapsed: 'accepted',
      drifted: 'accepted',
      approved: 'deletion-under-way',
      destroying: 'deletion-under-way',
    }),
  );
});

describe('the passing of time', () => {
  const settled = (status: Status, now: number) => settle(authorization(status), REAUTHORIZATION_WINDOW, now);
  const approvedAt = authorization('approved').approvedAt;

  it.each([
    ['pending', WINDOW_ENDS, 'lapsed'],
    ['lapsed', REAUTHORIZE_ENDS, 'expired'],
    ['drifted', REAUTHORIZE_ENDS, 'expired'],
    ['approved', approvedAt + APPROVAL_VALIDITY + 1, 'void'],
  ] as const)('leaves what is %s until exactly its end', (status, end, becomes) => {
    expect(settled(status, end - 1)).toBeUndefined();
    expect(settled(status, end)).toMatchObject({ status: becomes });
    expect(settled(status, end + 1)).toMatchObject({ status: becomes });
  });

  it('changes nothing that is over', () => {
    for (const status of STATUSES.filter(
      (one) => !['pending', 'lapsed', 'drifted', 'approved'].includes(one),
    )) {
      expect(settled(status, Number.MAX_SAFE_INTEGER), status).toBeUndefined();
    }
  });

  it('gives the requester their whole time to ask again, however late the end was noticed', () => {
    const late = WINDOW_ENDS + 30 * 86_400_000;
    expect(settled('pending', late)).toMatchObject({
      closedAt: late,
      reauthorizeEndsAt: late + REAUTHORIZATION_WINDOW * SECOND,
    });
  });
});

describe('asking again', () => {
  const may = (
    status: Status,
    given: {
      by?: Person;
      requester?: Person;
      round?: number;
      now?: number;
      key?: Key;
      authorization?: Partial<Authorization>;
    } = {},
  ) =>
    mayReauthorize(
      { authorization: authorization(status, given.authorization), key: given.key ?? key() },
      { by: given.by ?? wendy, requester: given.requester ?? wendy, round: given.round ?? 1 },
      given.now ?? REAUTHORIZE_ENDS - 1,
    );

  it('is possible while lapsed or drifted, before its end', () => {
    expect(answers((status) => refusalOf(may(status)))).toEqual(
      all('reauthorization-closed', { lapsed: 'accepted', drifted: 'accepted' }),
    );
    expect(refusalOf(may('lapsed', { now: REAUTHORIZE_ENDS }))).toBe('reauthorization-closed');
  });

  it('is for whoever may ask for deletions', () => {
    expect(may('lapsed', { by: bob }).ok).toBe(true);
    expect(refusalOf(may('lapsed', { by: rita }))).toBe('access-denied');
  });

  it('is refused for a round whose requester’s requests are stopped, and to whoever is stopped', () => {
    const frozen = (by: Person): Person => ({ ...by, requestsFrozenAt: 1 });
    expect(refusalOf(may('lapsed', { by: bob, requester: frozen(wendy) }))).toBe('requests-frozen');
    expect(refusalOf(may('lapsed', { by: frozen(bob) }))).toBe('requests-frozen');
    const lifted = { ...frozen(bob), requestsLiftedAt: 2 };
    expect(refusalOf(may('lapsed', { by: lifted }))).toBe('accepted');
  });

  it('is of the round that was seen, of what the key points to, and of a key that is there', () => {
    expect(refusalOf(may('lapsed', { round: 2 }))).toBe('other-round');
    expect(refusalOf(may('lapsed', { key: key({ authorizationId: 'another' }) }))).toBe('other-round');
    expect(refusalOf(may('lapsed', { key: key({ state: DESTROYED }) }))).toBe('key-destroyed');
  });

  it('begins at most eight rounds', () => {
    const inRound = (round: number) => may('lapsed', { round, authorization: { round } });
    expect(MOST_ROUNDS).toBe(8);
    expect(inRound(7).ok).toBe(true);
    expect(refusalOf(inRound(8))).toBe('too-many-rounds');
  });

  it('begins the next round, with everything of its own', () => {
    const before = authorization('lapsed');
    const next = {
      by: bob,
      requester: wendy,
      role: 'Manager',
      round: 1,
      manifest: { ...before.manifest, round: 2 },
      manifestDigest: 'manifest 2',
      lossDigest: 'loss 2',
      lossVersion: 2,
      windowEndsAt: 5,
      reauthorizeEndsAt: 6,
    } as const;
    const { by, role, requester: _requester, ...own } = next;
    expect(reauthorize({ authorization: before, key: key() }, next, WINDOW_ENDS + 1)).toEqual({
      ok: true,
      value: {
        formerRequesters: [before.requester],
        ...authorization('pending', { ...own, round: 2 }),
        requester: by.id,
        requesterRole: role,
        requestedAt: WINDOW_ENDS + 1,
        sinceLastRound: [],
      },
    });
  });
});

describe('carrying an approval out', () => {
  const approved = authorization('approved');
  const carry = (
    given: {
      authorization?: Partial<Authorization>;
      key?: Key;
      people?: Partial<BothPeople>;
      now?: number;
    } = {},
  ) =>
    carryOut(
      { authorization: authorization('approved', given.authorization), key: given.key ?? key() },
      { requester: wendy, approver: alice, ...given.people },
      REAUTHORIZATION_WINDOW,
      given.now ?? approved.approvedAt + APPROVAL_VALIDITY,
    );

  it('destroys the key up to 24 hours after the approval', () => {
    const endedAt = approved.approvedAt + APPROVAL_VALIDITY;
    expect(carry()).toEqual(authorization('consumed', { endedAt } as Partial<Authorization>));
  });

  it.each<[string, Parameters<typeof carry>[0]]>([
    ['the key points to another authorization', { key: key({ authorizationId: 'another' }) }],
    ['the key is destroyed', { key: key({ state: DESTROYED }) }],
    ['the approval is older than 24 hours', { now: approved.approvedAt + APPROVAL_VALIDITY + 1 }],
    ['the requester does not hold their role any more', { people: { requester: undefined } }],
    [
      'the requester does not hold their role any more',
      { people: { requester: { ...wendy, status: 'removed' } } },
    ],
    ['the requester does not hold their role any more', { people: { requester: { ...wendy, roles: {} } } }],
    [
      'requester and approver are one person',
      { authorization: { approver: wendy.id } as Partial<Authorization> },
    ],
    ['the approver is not a Manager any more', { people: { approver: undefined } }],
    ['the approver is not a Manager any more', { people: { approver: { ...alice, status: 'frozen' } } }],
    ['the approver is not a Manager any more', { people: { approver: person('alice', ['Writer']) } }],
    [
      'the approver became Manager after the request, or their address was changed since',
      { people: { approver: person('alice', ['Manager'], { since: ASKED }) } },
    ],
  ])('does not happen when %s', (why, given) => {
    expect(carry(given)).toMatchObject({ status: 'void', why });
    expect(carry(given)).not.toHaveProperty('approver');
  });

  it('asks anew when what would be lost has changed', () => {
    const now = approved.approvedAt + 5;
    expect(carry({ key: key({ lossVersion: 2 }), now })).toMatchObject({
      status: 'drifted',
      closedAt: now,
      reauthorizeEndsAt: now + REAUTHORIZATION_WINDOW * SECOND,
    });
  });

  describe('for one person', () => {
    const alone = { twoPeople: false, requester: alice.id, requesterRole: 'Manager' } as const;
    const free = key({ dualAuthDelete: policy(false) });
    const people = { requester: alice, approver: alice };

    it('destroys the key while it has no policy', () => {
      expect(carry({ authorization: alone, key: free, people })).toMatchObject({ status: 'consumed' });
    });

    it.each<[string, Parameters<typeof carry>[0]]>([
      ['the key has got a dual-authorization policy', { key: key() }],
      ['what would be lost has changed', { key: { ...free, lossVersion: 2 } }],
      ['the requester does not hold their role any more', { key: free, people: { requester: wendy } }],
    ])('does not happen when %s', (why, given) => {
      expect(carry({ authorization: alone, people, ...given })).toMatchObject({ status: 'void', why });
    });
  });
});
