import { afterEach, beforeEach, expect, it } from 'vitest';
import { identify } from '../../lib/operations/caller.ts';
import { claimApiKey, sendClaim } from '../../lib/operations/claims.ts';
import { createApiKey, MOST_API_KEYS, ONESELF } from '../../lib/operations/credentials.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import type { Store } from '../../lib/ports/store.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { expectOk, refusalOf } from '../support/story.ts';

let operations: Operations;
let desk: Desk;

beforeEach(async () => {
  operations = await openOperations();
  desk = await operations.newDesk();
});

afterEach(() => operations.close());

/** DynamoDB as it may be: what was just written is in no index yet. */
const lagging = (store: Store): Store => ({
  ...store,
  query: async (query) => (query.index === 'list' ? { items: [] } : store.query(query)),
});

const newKey = async () =>
  expectOk(await createApiKey(operations.context, await desk.as('wendy'), ONESELF)).apiKey;

it('claiming an API key ends every other one, also one that no index shows yet', async () => {
  const before = [await newKey(), await newKey()];
  expectOk(await sendClaim(operations.context, await desk.as('alice'), 'wendy@example.com'));
  await sweep(operations.context);
  const [, token = ''] = /\/claim\/([\w-]+)/.exec(operations.mails.at(-1)?.text ?? '') ?? [];
  const context = operations.through(lagging(operations.context.store));
  const { apiKey } = expectOk(await claimApiKey(context, token, 'wendy@example.com'));
  expect(await identify(operations.context, apiKey)).toBe(desk.id('wendy'));
  for (const old of before) expect(await identify(operations.context, old)).toBeUndefined();
});

it('nobody gets more API keys than they can have by asking quickly', async () => {
  const context = operations.through(lagging(operations.context.store));
  const wendy = await desk.as('wendy');
  const asked: unknown[] = [];
  for (let i = 0; i < MOST_API_KEYS; i += 1) {
    const made = await createApiKey(context, wendy, ONESELF);
    asked.push(made.ok ? 'made' : refusalOf(made));
  }
  // One is from when the instance was made.
  expect(asked).toEqual([...Array.from({ length: MOST_API_KEYS - 1 }, () => 'made'), 'too-many-api-keys']);
});
