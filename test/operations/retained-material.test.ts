import { createCipheriv, randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Key } from '../../lib/domain/key.ts';
import { MOST_VERSIONS } from '../../lib/domain/rotation.ts';
import { loadMaterial } from '../../lib/operations/material.ts';
import { recordOf } from '../../lib/operations/records/attributes.ts';
import { loadKey } from '../../lib/operations/records/key.ts';
import {
  type MaterialRecord,
  materialKey,
  type RetainedRecord,
  retainedKey,
} from '../../lib/operations/records/material.ts';
import { bringBack, endOfMaterial } from '../../lib/operations/retained-material.ts';
import type { Sealer } from '../../lib/ports/sealer.ts';
import { type Operations, openOperations } from '../support/operations.ts';

let operations: Operations;
beforeAll(async () => {
  operations = await openOperations();
});
afterAll(() => operations.close());

const WINDOW = 60_000;

async function newKey(): Promise<Key> {
  const desk = await operations.newDesk();
  const key = await loadKey(operations.context.store, desk.instanceId, desk.keyId);
  if (key === undefined) throw new Error('there is no key');
  return key;
}

it('is nowhere that a key is read from, is sealed under another context, and comes back as it was', async () => {
  const { context } = operations;
  const key = await newKey();
  const before = await loadMaterial(context, key);
  const item = await context.store.get(materialKey(key.instanceId, key.id));
  const end = await endOfMaterial(context, key, { window: WINDOW, now: 5 });
  expect(end.nextKey).toEqual({ restoreUntil: WINDOW + 5 });
  expect(await context.store.commit(end.writes)).toEqual({ committed: true });
  expect(await loadMaterial(context, key)).toBeUndefined();
  const retained = await context.store.get(retainedKey(key.instanceId, key.id));
  const { sealed } = recordOf<RetainedRecord>(retained ?? { ...retainedKey('', ''), attributes: {} });
  const [inner = ''] = Object.values(
    recordOf<MaterialRecord>(item ?? { ...materialKey('', ''), attributes: {} }).versions,
  );
  expect(sealed).not.toContain(inner.slice(-20));
  await expect(context.sealer.unseal(sealed, `key ${key.id} ${key.id}`)).rejects.toThrow();

  expect(await context.store.commit((await bringBack(context, key)) ?? [])).toEqual({ committed: true });
  expect(await loadMaterial(context, key)).toEqual(before);
  expect(await context.store.get(retainedKey(key.instanceId, key.id))).toBeUndefined();
});

it('is shredded at once without a window, and where there is none to set aside', async () => {
  const { context } = operations;
  const key = await newKey();
  const end = await endOfMaterial(context, key, { window: 0, now: 5 });
  expect(end.nextKey).toEqual({ restoreUntil: 5, shreddedAt: 5 });
  await context.store.commit(end.writes);
  expect((await endOfMaterial(context, key, { window: WINDOW, now: 5 })).nextKey.shreddedAt).toBe(5);
  expect(await bringBack(context, key)).toBeUndefined();
});

/** As long as what AWS KMS makes: 184 random bytes of a wrapped data key (that they are all random is the worst case). */
const likeKms: Sealer = {
  seal: async (plaintext) => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', randomBytes(32), nonce);
    const sealed = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    const parts = [randomBytes(184), nonce, sealed].map((part) => part.toString('base64url'));
    return ['kms1', ...parts].join('.');
  },
  unseal: () => Promise.reject(new Error('not here')),
};

it('fits into one item for a key with as many versions as it can have', async () => {
  const { context } = operations;
  const key = await newKey();
  const versions: Record<string, string> = {};
  for (let i = 0; i < MOST_VERSIONS; i += 1) {
    versions[randomUUID()] = await likeKms.seal(randomBytes(32), '');
  }
  const attributes = { versions };
  await context.store.commit([{ put: { ...materialKey(key.instanceId, key.id), attributes }, when: [] }]);
  const end = await endOfMaterial({ ...context, sealer: likeKms }, key, { window: WINDOW, now: 5 });
  // DynamoDB's limit of 400 KB is this store's too.
  expect(await context.store.commit(end.writes)).toEqual({ committed: true });
});
