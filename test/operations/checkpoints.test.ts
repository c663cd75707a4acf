import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TransientError } from '../../lib/domain/errors.ts';
import { DAY, MINUTE } from '../../lib/domain/time.ts';
import { checkpointInstance, checkpointKeys } from '../../lib/operations/checkpoints.ts';
import type { Context } from '../../lib/operations/context.ts';
import { createKey } from '../../lib/operations/create-key.ts';
import { actOnKey } from '../../lib/operations/key-lifecycle.ts';
import {
  loadCheckpoints,
  loadKeyCheckpoints,
  type StoredCheckpoint,
} from '../../lib/operations/records/checkpoint.ts';
import { keyKey, loadKey } from '../../lib/operations/records/key.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import type { Store } from '../../lib/ports/store.ts';
import { otherSigner } from '../support/checkpoint-signer.ts';
import { exported, problemsOf } from '../support/evidence.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { expectOk } from '../support/story.ts';

let operations: Operations;
let desk: Desk;
beforeEach(async () => {
  operations = await openOperations();
  desk = await operations.newDesk();
});
afterEach(() => operations.close());

const checkpoints = async (): Promise<readonly StoredCheckpoint[]> =>
  (await loadCheckpoints(operations.context.store, desk.instanceId, { limit: 1000 })).checkpoints;
const payloads = async () =>
  (await checkpoints()).map(({ jws }) =>
    JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()),
  );
const chainsIn = async () => (await checkpoints()).map(({ heads }) => heads.map(({ chain }) => chain));
const dueAtOf = async (keyId: string) => {
  const item = await operations.context.store.get(keyKey(desk.instanceId, keyId));
  const sort = item?.indexes?.due?.sort;
  return sort === undefined ? undefined : Number(sort.split('#')[0]);
};
const reference = () => ({ instanceId: desk.instanceId, id: desk.keyId });
/** Nothing is wrong with what an auditor gets. */
const expectProven = async () => {
  const signer = await otherSigner();
  const { texts } = await exported({ ...operations.context, signer }, await desk.as('alice'));
  expect(problemsOf(texts)).toEqual([]);
};

describe('a daily checkpoint', () => {
  it('is not made of a key that is looked at for another reason', async () => {
    operations.now += DAY - MINUTE - 1;
    await checkpointKeys(operations.context, [reference()]);
    expect(await checkpoints()).toEqual([]);
  });

  it('covers an instance within a minute of its beginning, and its keys a day after theirs', async () => {
    await sweep(operations.context);
    expect(await chainsIn()).toEqual([['instance']]);
    operations.now += DAY;
    await sweep(operations.context);
    expect(await chainsIn()).toEqual([['instance'], [desk.keyId]]);
    expect(await payloads()).toMatchObject([
      { sequence: 1, previousHash: '' },
      { sequence: 2, reason: 'daily' },
    ]);
    expect(await dueAtOf(desk.keyId)).toBeUndefined();
    await expectProven();
  });

  it('is not made of what has not grown, and made a day after the last of what has', async () => {
    operations.now += DAY;
    await sweep(operations.context);
    const made = (await checkpoints()).length;
    operations.now += 10 * DAY;
    await sweep(operations.context);
    expect(await checkpoints()).toHaveLength(made);
    expectOk(await actOnKey(operations.context, await desk.as('alice'), 'disable', desk.keyId));
    await sweep(operations.context);
    expect(await checkpoints()).toHaveLength(made + 1);
    operations.now += MINUTE;
    expectOk(await actOnKey(operations.context, await desk.as('alice'), 'enable', desk.keyId));
    await sweep(operations.context);
    expect(await checkpoints()).toHaveLength(made + 1);
    operations.now += DAY;
    await sweep(operations.context);
    expect(await checkpoints()).toHaveLength(made + 2);
    await expectProven();
  });

  it('covers a hundred keys with one signature, and an export has them all', async () => {
    const alice = await desk.as('alice');
    const ids = [desk.keyId];
    for (let i = 0; i < 104; i += 1) {
      const { key } = expectOk(
        await createKey(operations.context, alice, { name: `key ${i}`, extractable: false }),
      );
      ids.push(key.id);
    }
    // One of another list comes in its place, not before those that are listed on a second page.
    const [first = ''] = ids.sort((one, other) => (one < other ? -1 : 1));
    expectOk(await actOnKey(operations.context, alice, 'disable', first));
    operations.now += DAY;
    await sweep(operations.context);
    expect((await chainsIn()).map((chains) => chains.length)).toEqual([100, 5, 1]);
    await expectProven();
  });
});

describe('two sweepers at once', () => {
  it('make one list, in which every checkpoint continues the one before', async () => {
    operations.now += DAY;
    await Promise.all([sweep(operations.context), sweep(operations.context), sweep(operations.context)]);
    await sweep(operations.context);
    const sequences = (await payloads()).map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.map((_, i) => i + 1));
    expect(await dueAtOf(desk.keyId)).toBeUndefined();
    await expectProven();
  });

  it('do not cover what happened between reading and signing, which stays due', async () => {
    operations.now += DAY;
    const { context } = operations;
    let signed = 0;
    const meanwhile: Context = {
      ...context,
      checkpointSigner: {
        ...context.checkpointSigner,
        sign: async (input) => {
          signed += 1;
          if (signed === 1) expectOk(await actOnKey(context, await desk.as('alice'), 'disable', desk.keyId));
          return context.checkpointSigner.sign(input);
        },
      },
    };
    await checkpointKeys(meanwhile, [reference()]);
    const key = await loadKey(context.store, desk.instanceId, desk.keyId);
    expect(key).toMatchObject({ auditSequence: 2 });
    expect(key?.checkpoint).toBeUndefined();
    expect(await dueAtOf(desk.keyId)).toBeLessThanOrEqual(operations.now);
    await sweep(context);
    expect((await checkpoints()).map(({ heads }) => heads[0]?.sequence)).toEqual([1, 2, 1]);
    const page = { limit: 100 };
    expect((await loadKeyCheckpoints(context.store, reference(), page)).checkpoints).toEqual([1, 2]);
    await expectProven();
  });
});

describe('a crash', () => {
  /** A store whose nth commit from now on does not return. */
  const dyingAt = (nth: number): Store => {
    const { store } = operations.context;
    let commits = 0;
    return {
      ...store,
      commit: (writes) => {
        commits += 1;
        if (commits >= nth) return Promise.reject(new TransientError('the process has ended'));
        return store.commit(writes);
      },
    };
  };

  for (const nth of [1, 2, 3]) {
    it(`before the write ${nth} of a checkpoint leaves what the next sweep makes good`, async () => {
      operations.now += DAY;
      await checkpointKeys(operations.through(dyingAt(nth)), [reference()]);
      expect(operations.logged.join()).toMatch(/a checkpoint could not be made/);
      await sweep(operations.context);
      const key = await loadKey(operations.context.store, desk.instanceId, desk.keyId);
      expect(key?.checkpoint).toMatchObject({ sequence: 1 });
      expect(await dueAtOf(desk.keyId)).toBeUndefined();
      await expectProven();
    });
  }

  it('of the signing keeps nothing else waiting, and is made good', async () => {
    operations.now += DAY;
    const { context } = operations;
    const away = () => Promise.reject(new TransientError('KMS is away'));
    await sweep({ ...context, checkpointSigner: { ...context.checkpointSigner, sign: away } });
    expect(await checkpoints()).toEqual([]);
    expect(await dueAtOf(desk.keyId)).toBeLessThanOrEqual(operations.now);
    await sweep(context);
    expect(await chainsIn()).toHaveLength(2);
    await expectProven();
  });
});

it('a key that is replaced signs from then on, and both are in the evidence', async () => {
  operations.now += DAY;
  await checkpointInstance(operations.context, desk.instanceId);
  const replaced = { ...operations.context, checkpointSigner: await otherSigner() };
  await checkpointKeys(replaced, [reference()]);
  expect(await checkpoints()).toHaveLength(2);
  await expectProven();
});
