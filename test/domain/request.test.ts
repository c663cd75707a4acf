import { describe, expect, it } from 'vitest';
import { isUnderWay, RETRY_WINDOW } from '../../lib/domain/authorization.ts';
import { DEACTIVATED, DESTROYED, SUSPENDED } from '../../lib/domain/key.ts';
import {
  type RequestContext,
  requestDeletion,
  requesterRole,
  requestSoleDeletion,
} from '../../lib/domain/request.ts';
import { refusalOf } from '../support/story.ts';
import {
  ASKED,
  alice,
  authorization,
  bob,
  key,
  person,
  policy,
  rita,
  STATUSES,
  WINDOW_ENDS,
  wendy,
} from './samples.ts';

const ask = (other: Partial<RequestContext> = {}, now = ASKED) =>
  requestDeletion(
    { key: key(), current: undefined, requester: wendy, people: [wendy, alice], ...other },
    now,
  );

describe('the first authorization', () => {
  it('is recorded for a Writer and for a Manager', () => {
    expect(ask()).toEqual({ ok: true, value: 'record' });
    expect(ask({ requester: bob })).toEqual({ ok: true, value: 'record' });
  });

  it.each<[string, string, Partial<RequestContext>]>([
    ['a Reader', 'access-denied', { requester: rita }],
    ['a frozen Writer', 'access-denied', { requester: { ...wendy, status: 'frozen' } }],
    ['a key without the policy', 'dual-authorization-off', { key: key({ dualAuthDelete: policy(false) }) }],
    ['a suspended key', 'key-not-active', { key: key({ state: SUSPENDED }) }],
    ['a deactivated key', 'key-not-active', { key: key({ state: DEACTIVATED }) }],
    ['a destroyed key', 'key-not-active', { key: key({ state: DESTROYED }) }],
    ['a key whose deletion is approved', 'deletion-under-way', { current: authorization('approved') }],
    ['a key that nobody could approve', 'approver-missing', { people: [wendy] }],
    ['a sole Manager', 'approver-missing', { requester: alice, people: [wendy, alice] }],
  ])('is refused to %s: %s', (_, code, other) => {
    expect(refusalOf(ask(other))).toBe(code);
  });

  it('takes the place of whatever is not approved', () => {
    for (const status of STATUSES.filter((one) => !isUnderWay(one))) {
      const current = authorization(status, { requester: alice.id });
      expect(ask({ current }), status).toEqual({ ok: true, value: 'record' });
    }
  });
});

describe('a request that is repeated', () => {
  const repeat = (other: Partial<RequestContext> = {}, now = ASKED + RETRY_WINDOW - 1) =>
    ask({ current: authorization('pending'), ...other }, now);

  it('by the same person within a minute is the same request', () => {
    expect(repeat()).toEqual({ ok: true, value: 'repeated' });
  });

  it.each<[string, Partial<RequestContext>, number?]>([
    ['after a minute', {}, ASKED + RETRY_WINDOW],
    ['by somebody else', { requester: bob }],
    ['when what would be lost has changed', { key: key({ lossVersion: 2 }) }],
    ['in a later round', { current: authorization('pending', { round: 2 }) }],
    ['when it was denied', { current: authorization('denied') }],
    ['when its window is over', { current: authorization('pending', { windowEndsAt: ASKED + 1 }) }],
    ['when it has lapsed', { current: authorization('lapsed') }, WINDOW_ENDS],
  ])('%s is a new one', (_, other, now) => {
    expect(repeat(other, now)).toEqual({ ok: true, value: 'record' });
  });
});

describe('a deletion by one person', () => {
  const sole = (other: Partial<RequestContext> = {}) =>
    requestSoleDeletion({
      key: key({ dualAuthDelete: policy(false) }),
      current: undefined,
      requester: alice,
      ...other,
    });

  it('is for Managers, of a key without the policy', () => {
    expect(sole()).toEqual({ ok: true, value: 'record' });
    const { dualAuthDelete: _, ...never } = key();
    expect(sole({ key: never })).toEqual({ ok: true, value: 'record' });
  });

  it.each<[string, string, Partial<RequestContext>]>([
    ['to a Writer', 'access-denied', { requester: wendy }],
    ['of a key with the policy', 'nothing-pending', { key: key() }],
    ['of a destroyed key', 'key-destroyed', { key: key({ state: DESTROYED }) }],
    ['while one is under way', 'deletion-under-way', { current: authorization('approved') }],
  ])('is refused %s: %s', (_, code, other) => {
    expect(refusalOf(sole(other))).toBe(code);
  });
});

it('a request is made with the highest role', () => {
  expect(requesterRole(person('both', ['Writer', 'Manager']), key())).toBe('Manager');
  expect(requesterRole(wendy, key())).toBe('Writer');
});
