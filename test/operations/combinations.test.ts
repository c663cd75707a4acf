import { afterAll, beforeAll, expect, it } from 'vitest';
import { principalOf } from '../../lib/domain/person.ts';
import { approveDeletion } from '../../lib/operations/approve-deletion.ts';
import { createKey } from '../../lib/operations/create-key.ts';
import { recordDenial } from '../../lib/operations/deny-deletion.ts';
import { beginNextRound } from '../../lib/operations/reauthorize-deletion.ts';
import type { Reference } from '../../lib/operations/records/authorization.ts';
import { loadPerson } from '../../lib/operations/records/person.ts';
import { settleAuthorization } from '../../lib/operations/settle-authorization.ts';
import { deleteKeyStep } from '../../lib/operations/steps/delete-key.ts';
import { liftRequestsFreeze } from '../../lib/operations/unexpected.ts';
import { unsetKeyForDeletion } from '../../lib/operations/unset-key-for-deletion.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { askAs } from '../support/requests.ts';
import { brokenRules } from '../support/rules.ts';
import { expectOk, WINDOW } from '../support/story.ts';
import { addServiceByTwo, changeInstanceByTwo } from '../support/two-managers.ts';

/** Two Managers, a Writer, and the Managers' services, which are Managers too. */
const EVERYBODY = ['alice', 'bob', 'wendy', "alice's service", "bob's service"] as const;
type Who = (typeof EVERYBODY)[number];

/** `COMBINATIONS=all`: everybody in every part. Without it those in whom two parts are one person. */
const ALL = process.env.COMBINATIONS === 'all';
const REQUESTERS: readonly Who[] = ALL ? EVERYBODY : ['wendy', "alice's service"];
const LATER_REQUESTERS: readonly (Who | undefined)[] = ALL
  ? [undefined, ...EVERYBODY]
  : [undefined, 'alice', "bob's service"];
const DECIDERS: readonly Who[] = ALL ? EVERYBODY : ['alice', "alice's service", "bob's service"];

let operations: Operations;
let desk: Desk;
let ids: Readonly<Record<Who, string>>;

beforeAll(async () => {
  operations = await openOperations();
  desk = await operations.newDesk();
  const { context } = operations;
  const two = async (owner: 'alice' | 'bob') => ({
    asks: await desk.as('carol'),
    approves: await desk.as(owner === 'alice' ? 'bob' : 'alice'),
  });
  const serviceOf = async (owner: 'alice' | 'bob') => {
    const request = { name: `${owner}'s`, owner: `${owner}@example.com`, roles: ['Manager'] } as const;
    return expectOk(await addServiceByTwo(context, await two(owner), request)).person.id;
  };
  ids = {
    alice: desk.id('alice'),
    bob: desk.id('bob'),
    wendy: desk.id('wendy'),
    "alice's service": await serviceOf('alice'),
    "bob's service": await serviceOf('bob'),
  };
  expectOk(await changeInstanceByTwo(context, await two('alice'), { serviceApprovals: true }));
  operations.now += 1;
});
afterAll(() => operations.close());

async function as(who: Who) {
  const person = await loadPerson(operations.context.store, desk.instanceId, ids[who]);
  if (person === undefined) throw new Error(`nobody is called ${who}`);
  return person;
}

interface Asked {
  readonly at: Desk;
  readonly reference: Reference;
  readonly round: number;
  /** Who asks, to a rule of two people. */
  readonly principal: string;
}

/** A key of its own that somebody asks to be deleted, and somebody else, or the same, asks again. */
async function asked(requester: Who, later: Who | undefined): Promise<Asked> {
  const { context } = operations;
  const made = await createKey(context, await desk.as('carol'), { name: 'key', extractable: false });
  const at = { ...desk, keyId: expectOk(made).key.id };
  const reference = await askAs(context, at, ids[requester]);
  if (later === undefined) return { at, reference, round: 1, principal: principalOf(await as(requester)) };
  operations.now += WINDOW * 1_000;
  expectOk(await settleAuthorization(context, reference));
  const by = await as(later);
  expectOk(await beginNextRound(context, { ...reference, by, round: 1 }));
  return { at, reference, round: 2, principal: principalOf(by) };
}

const DECISIONS = {
  approves: async ({ at, reference, round, principal }: Asked, who: Who) => {
    const { context } = operations;
    const approver = await as(who);
    const approval = { ...reference, approver, round, decidedThrough: 'api' } as const;
    const approved = await approveDeletion(context, approval);
    const mayApprove = who !== 'wendy' && principalOf(approver) !== principal;
    expect(approved.ok).toBe(mayApprove);
    if (mayApprove) expect((await deleteKeyStep(context, reference)).status).toBe('consumed');
    expect(await brokenRules(context.store, at)).toEqual([]);
  },
  denies: async ({ reference, round }: Asked, who: Who) => {
    const denial = { ...reference, by: await as(who), round, decidedThrough: 'api' } as const;
    expect((await recordDenial(operations.context, denial)).ok).toBe(who !== 'wendy');
  },
  'did not expect it': async ({ reference, round, principal }: Asked, who: Who) => {
    const { context } = operations;
    const denial = {
      ...reference,
      by: await as(who),
      round,
      decidedThrough: 'api',
      unexpected: true,
    } as const;
    expect((await recordDenial(context, denial)).ok).toBe(who !== 'wendy');
    expectOk(await liftRequestsFreeze(context, await desk.as('carol'), principal));
    operations.now += 1;
  },
  withdraws: async ({ at }: Asked, who: Who) => {
    const caller = { ...(await desk.as('carol')), person: await as(who) };
    expectOk(await unsetKeyForDeletion(operations.context, caller, at.keyId, {}));
  },
} as const;

// A transaction that names an item twice, which no store takes, throws.
it.each(Object.keys(DECISIONS) as (keyof typeof DECISIONS)[])(
  '%s: whoever it is, and whoever asked before',
  async (decision) => {
    for (const requester of REQUESTERS) {
      for (const later of LATER_REQUESTERS) {
        for (const decider of DECIDERS) await DECISIONS[decision](await asked(requester, later), decider);
      }
    }
  },
);
