import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COUNTERSIGN } from '../../lib/domain/audit.ts';
import { TransientError } from '../../lib/domain/errors.ts';
import { ACTIVE, DEACTIVATED, SUSPENDED } from '../../lib/domain/key.ts';
import { addMonths } from '../../lib/domain/rotation.ts';
import { DAY, HOUR, MINUTE } from '../../lib/domain/time.ts';
import { approveDeletion } from '../../lib/operations/approve-deletion.ts';
import type { Context } from '../../lib/operations/context.ts';
import { createKey } from '../../lib/operations/create-key.ts';
import { actOnKey } from '../../lib/operations/key-lifecycle.ts';
import { putOffKey } from '../../lib/operations/look-after-key.ts';
import { putKeyPolicies } from '../../lib/operations/policies.ts';
import { getKeyMetadata } from '../../lib/operations/read-keys.ts';
import { DUE_SHARDS, dueShard } from '../../lib/operations/records/due.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { keyKey, keyOfItem, keyPartition, loadKey } from '../../lib/operations/records/key.ts';
import { rotateKey } from '../../lib/operations/rotate-key.ts';
import { recordAuthorization } from '../../lib/operations/steps/record-authorization.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import { unwrapKey, wrapKey } from '../../lib/operations/wrap-key.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { ask, writeRequest } from '../support/requests.ts';
import { brokenRules } from '../support/rules.ts';
import { expectOk, refusalOf } from '../support/story.ts';

let operations: Operations;
beforeEach(async () => {
  operations = await openOperations();
});
afterEach(() => operations.close());

const stored = async ({ instanceId, keyId }: Desk) => {
  const key = await loadKey(operations.context.store, instanceId, keyId);
  if (key === undefined) throw new Error('the key is gone');
  return key;
};
const actionsOf = async ({ instanceId, keyId }: Desk) => {
  const partition = keyPartition(instanceId, keyId);
  const { events } = await loadEvents(operations.context.store, partition, { limit: 100 });
  return events.map(({ action, actor }) => (actor === COUNTERSIGN ? `${action} by itself` : action));
};
const dueKeys = async (): Promise<readonly string[]> => {
  const shards = Array.from({ length: DUE_SHARDS }, (_, shard) =>
    operations.context.store.query({
      table: 'main',
      index: 'due',
      partition: dueShard('key', shard),
      limit: 1000,
    }),
  );
  return (await Promise.all(shards)).flatMap(({ items }) => items.map((item) => keyOfItem(item).id));
};
/** When the sweeper looks at this key next. */
const dueAtOf = async ({ instanceId, keyId }: Desk) => {
  const item = await operations.context.store.get(keyKey(instanceId, keyId));
  const sort = item?.indexes?.due?.sort;
  return sort === undefined ? undefined : Number(sort.split('#')[0]);
};
/** A day later, when a checkpoint covers all that has happened. */
const covered = async () => {
  operations.now += DAY;
  await sweep(operations.context);
};
const EXPIRED = 'kms.secrets.expire by itself';

describe('a key whose expiration date comes', () => {
  let desk: Desk;
  let end: number;
  beforeEach(async () => {
    end = operations.now + 2 * DAY;
    desk = await operations.newDesk({ expiresAt: end });
  });

  it('is deactivated from that moment on for everybody, before anything is written', async () => {
    const { context } = operations;
    const alice = await desk.as('alice');
    operations.now = end - 1;
    const { ciphertext } = expectOk(await wrapKey(context, alice, desk.keyId, {}));
    operations.now = end;
    expect((await stored(desk)).state).toBe(ACTIVE);
    expect(refusalOf(await wrapKey(context, alice, desk.keyId, {}))).toBe('key-not-active');
    expect(refusalOf(await actOnKey(context, alice, 'disable', desk.keyId))).toBe('key-not-active');
    expectOk(await unwrapKey(context, alice, desk.keyId, { ciphertext }));
    expect(expectOk(await getKeyMetadata(context, alice, desk.keyId)).state).toBe(DEACTIVATED);
  });

  it('is not set for deletion any more, also when that was on its way', async () => {
    operations.now = end;
    const { instanceId, keyId } = desk;
    const asked = { instanceId, keyId, authorizationId: crypto.randomUUID(), requester: desk.id('wendy') };
    const input = { ...asked, twoPeople: true, incarnation: 1, stopVersion: 0 };
    await writeRequest(operations.context, input);
    expect(await recordAuthorization(operations.context, input)).toMatchObject({ status: 'not-recorded' });
  });

  it('is written by the sweeper, once, with its event', async () => {
    operations.now = end - 1;
    await sweep(operations.context);
    expect(await actionsOf(desk)).not.toContain(EXPIRED);
    operations.now = end;
    await Promise.all([sweep(operations.context), sweep(operations.context)]);
    await sweep(operations.context);
    expect((await actionsOf(desk)).filter((action) => action === EXPIRED)).toHaveLength(1);
    expect(await stored(desk)).toMatchObject({ state: DEACTIVATED, expiredAt: end });
    // What is left is the day's checkpoint.
    operations.now = end + DAY;
    await sweep(operations.context);
    expect(await dueKeys()).toEqual([]);
    expect(await brokenRules(operations.context.store, desk)).toEqual([]);
  });

  it('is written before whatever else is written of the key first', async () => {
    operations.now = end + HOUR;
    expectOk(await rotateKey(operations.context, await desk.as('wendy'), desk.keyId, {}));
    expect((await actionsOf(desk)).slice(-2)).toEqual([EXPIRED, 'kms.secrets.rotate']);
    expect((await stored(desk)).state).toBe(DEACTIVATED);
    expect(await brokenRules(operations.context.store, desk)).toEqual([]);
  });

  it('keeps the authorization of its deletion, which can be approved', async () => {
    const reference = await ask(operations.context, desk);
    operations.now = end;
    await sweep(operations.context);
    const approver = await desk.person('alice');
    const approval = { ...reference, approver, round: 1, decidedThrough: 'api' } as const;
    expectOk(await approveDeletion(operations.context, approval));
  });

  it('stays suspended when it is disabled then, and is deactivated when it is enabled', async () => {
    const { context } = operations;
    const alice = await desk.as('alice');
    expectOk(await actOnKey(context, alice, 'disable', desk.keyId));
    operations.now = end + MINUTE;
    await sweep(context);
    expect((await stored(desk)).state).toBe(SUSPENDED);
    expectOk(await actOnKey(context, alice, 'enable', desk.keyId));
    expect(refusalOf(await wrapKey(context, alice, desk.keyId, {}))).toBe('key-not-active');
    await sweep(context);
    expect((await stored(desk)).state).toBe(DEACTIVATED);
    expect((await actionsOf(desk)).slice(-2)).toEqual(['kms.secrets.enable', EXPIRED]);
  });
});

describe('a rotation policy', () => {
  const rotated = 'kms.secrets.rotate by itself';
  const monthly = { rotation: { intervalMonths: 1 } };

  it('rotates a key each month, by the calendar, and once', async () => {
    operations.now = Date.UTC(2026, 0, 30, 23, 59);
    const desk = await operations.newDesk(monthly);
    expect(new Date((await stored(desk)).createdAt).toISOString()).toBe('2026-01-31T00:00:00.000Z');
    const due = [Date.UTC(2026, 1, 28), Date.UTC(2026, 2, 28), Date.UTC(2026, 3, 28)];
    for (const [i, at] of due.entries()) {
      operations.now = at - 1;
      await sweep(operations.context);
      expect((await stored(desk)).versions).toHaveLength(1 + i);
      operations.now = at;
      await Promise.all([sweep(operations.context), sweep(operations.context)]);
      await sweep(operations.context);
      expect((await stored(desk)).versions).toHaveLength(2 + i);
    }
    expect((await actionsOf(desk)).filter((action) => action === rotated)).toHaveLength(3);
    expect(await brokenRules(operations.context.store, desk)).toEqual([]);
  });

  it('begins its month anew with every rotation by hand', async () => {
    const desk = await operations.newDesk(monthly);
    operations.now += 20 * DAY;
    expectOk(await rotateKey(operations.context, await desk.as('wendy'), desk.keyId, {}));
    operations.now += 20 * DAY;
    await sweep(operations.context);
    expect((await stored(desk)).versions).toHaveLength(2);
    operations.now += 12 * DAY;
    await sweep(operations.context);
    expect((await stored(desk)).versions).toHaveLength(3);
  });

  it('waits while the key is disabled, and makes up for it when it is enabled', async () => {
    const desk = await operations.newDesk(monthly);
    const alice = await desk.as('alice');
    expectOk(await actOnKey(operations.context, alice, 'disable', desk.keyId));
    operations.now += 40 * DAY;
    await sweep(operations.context);
    expect((await stored(desk)).versions).toHaveLength(1);
    expectOk(await actOnKey(operations.context, alice, 'enable', desk.keyId));
    await sweep(operations.context);
    expect((await stored(desk)).versions).toHaveLength(2);
  });

  it('that is switched off rotates nothing, though the key was on the list', async () => {
    const desk = await operations.newDesk(monthly);
    const off = { rotation: { enabled: false } };
    expectOk(await putKeyPolicies(operations.context, await desk.as('alice'), desk.keyId, off));
    operations.now += 40 * DAY;
    await sweep(operations.context);
    expect((await stored(desk)).versions).toHaveLength(1);
    expect(await dueKeys()).toEqual([]);
  });

  it('rotates many keys in one sweep, and one that cannot be sealed keeps none of the others waiting', async () => {
    const desk = await operations.newDesk(monthly);
    const alice = await desk.as('alice');
    const ids = [desk.keyId];
    for (let i = 0; i < 40; i += 1) {
      const asked = { name: 'one of many', extractable: false, ...monthly };
      ids.push(expectOk(await createKey(operations.context, alice, asked)).key.id);
    }
    operations.now = addMonths(operations.now, 1) + MINUTE;
    const { sealer } = operations.context;
    const broken: Context = {
      ...operations.context,
      sealer: {
        ...sealer,
        seal: async (plaintext, context) => {
          if (context.startsWith(`key ${desk.keyId} `)) throw new TransientError('KMS is away');
          return sealer.seal(plaintext, context);
        },
      },
    };
    await sweep(broken);
    const counts = async () =>
      Promise.all(
        ids.map(
          async (id) => (await loadKey(operations.context.store, desk.instanceId, id))?.versions.length,
        ),
      );
    expect(await counts()).toEqual([1, ...ids.slice(1).map(() => 2)]);
    await sweep(operations.context);
    expect(await counts()).toEqual(ids.map(() => 2));
  });

  it('comes last to a key that it could not rotate the last time', async () => {
    const desk = await operations.newDesk(monthly);
    const due = addMonths(operations.now, 1);
    await covered();
    expect(await dueAtOf(desk)).toBe(due);
    operations.now = due + MINUTE;
    const away = () => Promise.reject(new TransientError('KMS is away'));
    const { context } = operations;
    await sweep({ ...context, sealer: { ...context.sealer, seal: away } });
    expect(await dueAtOf(desk)).toBe(due + MINUTE);
    await sweep(context);
    await covered();
    expect(await dueAtOf(desk)).toBe(addMonths(due + MINUTE, 1));
  });

  it('leaves alone a key that is on the list too early, until its time', async () => {
    const desk = await operations.newDesk(monthly);
    const plain = await operations.newDesk();
    const due = addMonths((await stored(desk)).createdAt, 1);
    for (const { instanceId, keyId } of [desk, plain]) {
      await putOffKey(operations.context, { instanceId, id: keyId });
    }
    await covered();
    expect(await dueAtOf(desk)).toBe(due);
    expect(await dueAtOf(plain)).toBeUndefined();
    expect((await stored(desk)).versions).toHaveLength(1);
  });
});
