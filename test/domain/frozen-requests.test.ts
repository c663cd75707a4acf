import { expect, it } from 'vitest';
import { requestCounts, requestsFrozen } from '../../lib/domain/frozen-requests.ts';
import { whyNotByLink } from '../../lib/domain/link-decision.ts';
import type { Person } from '../../lib/domain/person.ts';
import { person } from './samples.ts';

const wendy = (freeze: Partial<Person> = {}): Person => ({ ...person('wendy', ['Writer']), ...freeze });

it('a freeze stops what was asked for at any time, until it is lifted', () => {
  const frozen = wendy({ requestsFrozenAt: 10 });
  expect(requestsFrozen(frozen)).toBe(true);
  for (const at of [0, 10, 11, 1_000]) expect(requestCounts(frozen, at)).toBe(false);
});

it('lifting revives nothing: only what is asked for afterwards counts', () => {
  const lifted = wendy({ requestsFrozenAt: 10, requestsLiftedAt: 20 });
  expect(requestsFrozen(lifted)).toBe(false);
  expect([9, 15, 20, 21].map((at) => requestCounts(lifted, at))).toEqual([false, false, false, true]);
});

it('lifting revives nothing although the clock went back before it', () => {
  const lifted = wendy({ requestsFrozenAt: 100, requestsLiftedAt: 20 });
  expect([50, 100, 101].map((at) => requestCounts(lifted, at))).toEqual([false, false, true]);
});

it('whoever was never stopped may ask', () => {
  expect(requestsFrozen(wendy())).toBe(false);
  expect(requestCounts(wendy(), 0)).toBe(true);
});

it('by link: an approval needs the credential where the instance asks for it, a denial never does', () => {
  const link = (approvalNeedsCredential?: boolean) => ({
    personId: 'alice',
    instance: approvalNeedsCredential === undefined ? {} : { approvalNeedsCredential },
  });
  for (const needed of [undefined, false, true]) {
    for (const choice of ['approve', 'deny', 'unexpected'] as const) {
      const without = needed === true && choice === 'approve' ? 'credential-needed' : undefined;
      expect(whyNotByLink(link(needed), choice, undefined)).toBe(without);
      expect(whyNotByLink(link(needed), choice, { personId: 'alice' })).toBeUndefined();
      expect(whyNotByLink(link(needed), choice, { personId: 'bob' })).toBe('other-person');
      expect(whyNotByLink(link(needed), choice, { personId: undefined })).toBe('credential-needed');
    }
  }
});
