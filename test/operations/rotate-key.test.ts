import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DESTROYED, type Key } from '../../lib/domain/key.ts';
import { addMonths } from '../../lib/domain/rotation.ts';
import { HOUR } from '../../lib/domain/time.ts';
import { approveDeletion } from '../../lib/operations/approve-deletion.ts';
import { actOnKey } from '../../lib/operations/key-lifecycle.ts';
import { recordOf } from '../../lib/operations/records/attributes.ts';
import { loadAuthorization, type Reference } from '../../lib/operations/records/authorization.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { keyPartition, loadKey } from '../../lib/operations/records/key.ts';
import { type MaterialRecord, materialKey, retainedKey } from '../../lib/operations/records/material.ts';
import { rotateByPolicy } from '../../lib/operations/rotate-by-policy.ts';
import { rotateKey } from '../../lib/operations/rotate-key.ts';
import { deleteKeyStep } from '../../lib/operations/steps/delete-key.ts';
import { rewrapKey, unwrapKey, wrapKey } from '../../lib/operations/wrap-key.ts';
import type { Store } from '../../lib/ports/store.ts';
import { type Actor, everyPreemption, everySchedule, interleave } from '../support/interleavings.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { approveAsAlice, ask } from '../support/requests.ts';
import { brokenRules } from '../support/rules.ts';
import { expectOk, refusalOf } from '../support/story.ts';

let operations: Operations;
let desk: Desk;

beforeAll(async () => {
  operations = await openOperations();
});
afterAll(() => operations.close());
beforeEach(async () => {
  desk = await operations.newDesk();
});

const keyOf = async ({ instanceId, keyId }: Desk): Promise<Key> => {
  const key = await loadKey(operations.context.store, instanceId, keyId);
  if (key === undefined) throw new Error('the key is gone');
  return key;
};
const materialOf = async ({ instanceId, keyId }: Desk): Promise<readonly string[] | undefined> => {
  const item = await operations.context.store.get(materialKey(instanceId, keyId));
  return item && Object.keys(recordOf<MaterialRecord>(item).versions);
};
const rotate = async (at: Desk, store: Store = operations.context.store) =>
  rotateKey(operations.through(store), await at.as('wendy'), at.keyId, {});

describe('rotating a key', () => {
  it('adds a version whose material is beside the older ones', async () => {
    const before = await keyOf(desk);
    expectOk(await rotate(desk));
    const after = await keyOf(desk);
    expect(after.versions.map(({ id }) => id)).toEqual([after.versions[0]?.id, desk.keyId]);
    expect(await materialOf(desk)).toEqual([desk.keyId, after.versions[0]?.id]);
    expect(after).toMatchObject({ lossVersion: before.lossVersion + 1, actedAt: operations.now });
    const { events } = await loadEvents(operations.context.store, keyPartition(desk.instanceId, desk.keyId), {
      limit: 10,
    });
    expect(events.at(-1)).toMatchObject({
      action: 'kms.secrets.rotate',
      actor: desk.id('wendy'),
      data: { keyVersionId: after.versions[0]?.id, oldKeyVersionId: desk.keyId, versions: 2 },
    });
    expect(await brokenRules(operations.context.store, desk)).toEqual([]);
  });

  it('is refused to whoever lost the role while it was on its way, and changes nothing', async () => {
    const caller = await desk.as('wendy');
    const { store } = operations.context;
    const removing: Store = {
      ...store,
      commit: (writes) =>
        store.commit(
          // As if the removal had come between the look and the write.
          writes.map((write) =>
            'check' in write && write.check.sort.startsWith('person#')
              ? { ...write, when: [{ attribute: 'status', is: 'equal', value: 'removed' }] }
              : write,
          ),
        ),
    };
    const refused = await rotateKey(operations.through(removing), caller, desk.keyId, {});
    expect(refusalOf(refused)).toBe('conflict');
    expect((await keyOf(desk)).versions).toHaveLength(1);
  });

  it('leaves what older versions wrapped readable, and says that it should be wrapped anew', async () => {
    const { context } = operations;
    const caller = await desk.as('alice');
    const plaintext = randomBytes(32);
    const first = expectOk(await wrapKey(context, caller, desk.keyId, { plaintext, aad: ['a'] }));
    for (let i = 0; i < 3; i += 1) {
      expectOk(await rotate(desk));
      operations.now += HOUR;
    }
    const [newest] = (await keyOf(desk)).versions;
    const old = { ciphertext: first.ciphertext, aad: ['a'] };
    const opened = expectOk(await unwrapKey(context, caller, desk.keyId, old));
    expect(opened).toMatchObject({ plaintext, versionId: desk.keyId });
    expect(opened.rewrapped?.versionId).toBe(newest?.id);
    const again = { ciphertext: opened.rewrapped?.ciphertext ?? '', aad: ['a'] };
    expect(expectOk(await unwrapKey(context, caller, desk.keyId, again))).toEqual({
      plaintext,
      versionId: newest?.id,
    });
    const rewrapped = expectOk(await rewrapKey(context, caller, desk.keyId, old));
    expect(rewrapped).toMatchObject({ versionId: desk.keyId, rewrapped: { versionId: newest?.id } });
    expect(refusalOf(await rewrapKey(context, caller, desk.keyId, { ...old, aad: [] }))).toBe(
      'ciphertext-unusable',
    );
    const wrapped = expectOk(await wrapKey(context, caller, desk.keyId, { plaintext }));
    expect(wrapped.versionId).toBe(newest?.id);
  });

  it('takes imported material of another length, which wraps from then on', async () => {
    const imported = await operations.newDesk({ payload: randomBytes(32) });
    const caller = await imported.as('alice');
    const brought = { imported: { payload: randomBytes(16) } };
    expectOk(await rotateKey(operations.context, caller, imported.keyId, brought));
    expect(await keyOf(imported)).toMatchObject({ bitLength: 128, imported: true });
    const { ciphertext, plaintext } = expectOk(await wrapKey(operations.context, caller, imported.keyId, {}));
    const opened = expectOk(await unwrapKey(operations.context, caller, imported.keyId, { ciphertext }));
    expect(Buffer.from(opened.plaintext)).toEqual(Buffer.from(plaintext ?? []));
  });
});

describe('a thousand versions', () => {
  it('fit into one item, as AWS KMS seals them, and no more are made', async () => {
    const { context } = operations;
    // As the KMS adapter writes them: a wrapped data key of 184 bytes, a nonce, 32 bytes and a tag.
    const sealedLength = 'kms1.'.length + 246 + 1 + 16 + 1 + 64;
    const kms = { ...context.sealer, seal: async () => 'x'.repeat(sealedLength) };
    const key = await keyOf(desk);
    const ids = Array.from({ length: 998 }, () => crypto.randomUUID());
    await context.store.commit([
      {
        update: materialKey(desk.instanceId, desk.keyId),
        when: [],
        set: { versions: Object.fromEntries([...ids, key.id].map((id) => [id, 'x'.repeat(sealedLength)])) },
      },
      {
        update: { table: 'main', partition: keyPartition(desk.instanceId, desk.keyId), sort: 'key' },
        when: [],
        set: { versions: [...ids.map((id) => ({ id, createdAt: key.createdAt })), ...key.versions] as never },
      },
    ]);
    operations.now += HOUR;
    const caller = await desk.as('wendy');
    expectOk(await rotateKey({ ...context, sealer: kms }, caller, desk.keyId, {}));
    expect((await keyOf(desk)).versions).toHaveLength(1000);
    operations.now += HOUR;
    expect(refusalOf(await rotateKey(context, caller, desk.keyId, {}))).toBe('too-many-versions');
    // And the manifest that names them all fits beside the mails of a request, and they go in one deletion.
    const reference = await ask(context, desk);
    await approveAsAlice(context, desk, reference);
    expect(await deleteKeyStep(context, reference)).toMatchObject({ status: 'consumed' });
  });
});

interface Situation {
  readonly desk: Desk;
  readonly reference: Reference;
}

/** What can come between a request for a deletion and the end of the key. */
const RIVALS = {
  'another rotation': async ({ desk: at }, store) => (await rotate(at, store)).ok,
  'a rotation by policy': async ({ desk: at }, store) =>
    (await rotateByPolicy(operations.through(store), { instanceId: at.instanceId, id: at.keyId })).ok,
  'an approval': async ({ desk: at, reference }, store) => {
    const approver = await at.person('alice', store);
    const approval = { ...reference, approver, round: 1, decidedThrough: 'api' } as const;
    return (await approveDeletion(operations.through(store), approval)).ok;
  },
  'the deletion': async ({ reference }, store) =>
    (await deleteKeyStep(operations.through(store), reference)).status === 'consumed',
  'a disabling': async ({ desk: at }, store) =>
    (await actOnKey(operations.through(store), await at.as('bob'), 'disable', at.keyId)).ok,
} as const satisfies {
  readonly [name: string]: (situation: Situation, store: Store) => Promise<boolean>;
};

/** What holds afterwards, whoever came first. */
async function wrongs({ desk: at, reference }: Situation): Promise<readonly string[]> {
  const { store } = operations.context;
  const key = await keyOf(at);
  const material = await materialOf(at);
  const authorization = await loadAuthorization(store, reference);
  const shown = authorization?.manifest.versions.map(({ id }) => id);
  const lost = key.versions.map(({ id }) => id);
  const destroyed = key.state === DESTROYED;
  return [
    ...(await brokenRules(store, at)),
    ...Object.entries({
      'a living key has the material of each of its versions':
        destroyed || String([...lost].sort()) === String([...(material ?? [])].sort()),
      'no version of a destroyed key is left': !destroyed || material === undefined,
      'no version is lost that nobody was shown': !destroyed || String(shown) === String(lost),
      'a key is rotated once an hour': lost.length <= 2,
    }).flatMap(([rule, holds]) => (holds ? [] : [rule])),
  ];
}

describe('a rotation, in every order with', () => {
  const cases = [
    ['another rotation', 'pending'],
    ['a rotation by policy', 'pending'],
    ['an approval', 'pending'],
    ['a disabling', 'pending'],
    ['the deletion', 'approved'],
    ['another rotation', 'approved'],
  ] as const;

  it.each(cases)('%s while a deletion is %s: no rule is broken', async (rival, status) => {
    const failures = new Set<string>();
    const outcomes = new Set<string>();
    const once = (granularity: 'every-commit' | 'every-call') => async (choose: (n: number) => number) => {
      const at = await operations.newDesk({ dualAuthDelete: true, rotation: { intervalMonths: 1 } });
      // A policy that is due; set and decided about after that.
      operations.now = addMonths(operations.now, 1) + 1;
      const situation = { desk: at, reference: await ask(operations.context, at) };
      if (status === 'approved') await approveAsAlice(operations.context, at, situation.reference);
      const actors: readonly Actor<boolean>[] = [
        { name: 'rotation', run: async (store) => (await rotate(at, store)).ok },
        { name: rival, run: (store) => RIVALS[rival](situation, store) },
      ];
      const { ended } = await interleave(actors, operations.context.store, { choose, granularity });
      for (const { error } of ended) if (error instanceof Error) failures.add(error.message);
      outcomes.add(ended.map(({ result }) => String(result)).join());
      for (const wrong of await wrongs(situation)) failures.add(wrong);
      // And carried out, as the execution would.
      await deleteKeyStep(operations.context, situation.reference);
      for (const wrong of await wrongs(situation)) failures.add(wrong);
    };
    await everySchedule(once('every-commit'));
    await everyPreemption(once('every-call'));
    expect([...failures]).toEqual([]);
    expect(outcomes.size).toBeGreaterThan(rival === 'a rotation by policy' ? 0 : 1);
  });
});

describe('the deletion of a rotated key', () => {
  it('leaves no material of any version where keys are looked for', async () => {
    expectOk(await rotate(desk));
    const { context } = operations;
    const reference = await ask(context, desk);
    await approveAsAlice(context, desk, reference);
    expect(await deleteKeyStep(context, reference)).toMatchObject({ status: 'consumed' });
    expect(await materialOf(desk)).toBeUndefined();
    expect(await context.store.get(retainedKey(desk.instanceId, desk.keyId))).toBeDefined();
    expect(refusalOf(await rotate(desk))).toBe('key-not-active');
  });

  it('drifts when it was approved before the rotation, and the key lives', async () => {
    const { context } = operations;
    const reference = await ask(context, desk);
    await approveAsAlice(context, desk, reference);
    expectOk(await rotate(desk));
    expect(await deleteKeyStep(context, reference)).toMatchObject({ status: 'drifted' });
    expect((await keyOf(desk)).versions).toHaveLength(2);
    expect(await materialOf(desk)).toHaveLength(2);
  });
});
