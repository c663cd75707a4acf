import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { whyNotApprover } from '../../lib/domain/approval.ts';
import { personApprovesFrom } from '../../lib/domain/approves-from.ts';
import { approversSince } from '../../lib/domain/instance.ts';
import type { Person } from '../../lib/domain/person.ts';

const CREATED = 1_000_000;

const manager = (grantedAt: number, addressSince?: number): Person => ({
  id: 'countersign|mia',
  instanceId: 'one',
  kind: 'user',
  email: 'mia@example.com',
  status: 'active',
  roles: { Manager: grantedAt },
  ...(addressSince !== undefined && { addressSince }),
});

describe('from when on somebody approves', () => {
  it('is the first moment at which the rule lets them, whatever their grant, address and wait', () => {
    const age = fc.integer({ min: CREATED - 5, max: CREATED + 5_000 });
    const arbitrary = fc.record({
      grantedAt: age,
      addressSince: fc.option(age, { nil: undefined }),
      managerWait: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(arbitrary, ({ grantedAt, addressSince, managerWait }) => {
        const instance = { createdAt: CREATED, managerWait };
        const person = manager(grantedAt, addressSince);
        const mayAt = (at: number) =>
          whyNotApprover(person, {
            principal: 'countersign|other',
            since: approversSince(instance, at),
            key: {},
            serviceApprovals: false,
          }) === undefined;
        const from = personApprovesFrom(person, instance) ?? 0;
        expect([mayAt(from - 1), mayAt(from)]).toEqual([false, true]);
      }),
    );
  });

  it('is told of no one who is Manager of nothing', () => {
    const instance = { createdAt: CREATED, managerWait: 0 };
    expect(personApprovesFrom({ ...manager(0), roles: { Writer: 5 } }, instance)).toBeUndefined();
  });
});
