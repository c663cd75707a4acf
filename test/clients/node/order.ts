import { describe, expect, test } from 'vitest';
import { keys } from './bodies.ts';
import { only, refusal, type Session, statusOf } from './session.ts';

/** What keeps many keys in order: lists, aliases and key rings. */
export function describeOrder(session: Session): void {
  const { will, rita, mia, here } = session;
  const newKey = async (resource: object, xKmsKeyRing?: string) => {
    const ring = xKmsKeyRing === undefined ? {} : { xKmsKeyRing };
    const { id = '' } = await only(
      will.createKey({ ...here, ...ring, body: keys({ name: 'Ledger', ...resource }) }),
    );
    return id;
  };

  describe('listing keys', () => {
    test('by ring, state and extractability, page by page, and counting them', async () => {
      await will.createKeyRing({ ...here, keyRingId: 'shelf' });
      const ring = { ...here, xKmsKeyRing: 'shelf' };
      const roots = [
        await newKey({ extractable: false }, 'shelf'),
        await newKey({ extractable: false }, 'shelf'),
      ];
      const standard = await newKey({ extractable: true }, 'shelf');
      const [suspended = ''] = roots;
      await mia.disableKey({ ...here, id: suspended });
      const listed = async (query: object = {}) => {
        const { result } = await rita.getKeys({ ...ring, ...query });
        const ids = (result.resources ?? []).map(({ id }) => id);
        expect(result.metadata.collectionTotal).toBe(ids.length);
        return ids;
      };
      const counted = async (query: object = {}) => {
        const { headers } = await rita.getKeyCollectionMetadata({ ...ring, ...query });
        return Number(headers['key-total']);
      };

      const all = [...roots, standard].sort();
      expect(await listed()).toEqual(all);
      expect(await listed({ limit: 2 })).toEqual(all.slice(0, 2));
      expect(await listed({ limit: 2, offset: 2 })).toEqual(all.slice(2));
      expect(await listed({ extractable: true })).toEqual([standard]);
      expect(await listed({ state: [2] })).toEqual([suspended]);
      // The client joins them by a comma, and encodes the comma.
      expect(await listed({ state: [1, 2], extractable: false })).toEqual([...roots].sort());
      expect(await listed({ state: [5] })).toEqual([]);
      expect([
        await counted(),
        await counted({ extractable: false }),
        await counted({ state: [1, 3] }),
        await counted({ state: [5] }),
      ]).toEqual([3, 2, 2, 0]);
    });

    test('without their material', async () => {
      const { result } = await rita.getKeys({ ...here, extractable: true });
      expect(result.resources?.length).toBeGreaterThan(0);
      for (const key of result.resources ?? []) expect(key).not.toHaveProperty('payload');
    });
  });

  describe('aliases', () => {
    test('stand for the id of a key everywhere, until they are deleted', async () => {
      const id = await newKey({ extractable: false });
      const made = await will.createKeyAlias({ ...here, id, alias: 'books' });
      expect(made.status).toBe(201);
      expect(made.result.resources).toEqual([
        { keyId: id, alias: 'books', createdBy: expect.any(String), creationDate: expect.any(String) },
      ]);
      expect(await only(rita.getKeyMetadata({ ...here, id: 'books' }))).toMatchObject({
        id,
        aliases: ['books'],
      });
      expect((await rita.wrapKey({ ...here, id: 'books' })).result.keyVersion).toEqual({ id });
      expect(await statusOf(will.deleteKeyAlias({ ...here, id, alias: 'books' }))).toBe(204);
      expect(await refusal(rita.getKeyMetadata({ ...here, id: 'books' }))).toBe('404 KEY_NOT_FOUND_ERR');
      expect(await refusal(will.deleteKeyAlias({ ...here, id, alias: 'books' }))).toBe(
        '404 KEY_ALIAS_NOT_FOUND_ERR',
      );
    });

    test('are unique in the instance, and at most five', async () => {
      const id = await newKey({ extractable: false, aliases: ['one', 'two', 'three', 'four', 'five'] });
      const unique = '409 KEY_ALIAS_NOT_UNIQUE_ERR';
      expect(await refusal(newKey({ extractable: false, aliases: ['one'] }))).toBe(unique);
      const other = await newKey({ extractable: false });
      expect(await refusal(will.createKeyAlias({ ...here, id: other, alias: 'two' }))).toBe(unique);
      expect(await refusal(will.createKeyAlias({ ...here, id, alias: 'six' }))).toBe(
        '409 KEY_ALIAS_LIMIT_ERR',
      );
    });
  });

  describe('key rings', () => {
    test('are created, listed with the default one first, and deleted', async () => {
      const created = await will.createKeyRing({ ...here, keyRingId: 'box' });
      expect([created.status, created.result]).toEqual([201, '']);
      const { resources = [] } = (await rita.listKeyRings(here)).result;
      expect(resources[0]).toEqual({ id: 'default' });
      expect(resources).toContainEqual({
        id: 'box',
        createdBy: expect.any(String),
        creationDate: expect.any(String),
      });
      expect(await statusOf(mia.deleteKeyRing({ ...here, keyRingId: 'box' }))).toBe(204);
      expect(await refusal(mia.deleteKeyRing({ ...here, keyRingId: 'box' }))).toBe(
        '404 KEY_RING_NOT_FOUND_ERR',
      );
    });

    test('hold keys, and only they are found in them', async () => {
      await will.createKeyRing({ ...here, keyRingId: 'vault' });
      const id = await newKey({ extractable: false }, 'vault');
      const inRing = (xKmsKeyRing: string) => rita.getKeyMetadata({ ...here, id, xKmsKeyRing });
      expect(await only(inRing('vault'))).toMatchObject({ id, keyRingID: 'vault' });
      expect(await refusal(inRing('default'))).toBe('404 KEY_NOT_FOUND_ERR');
      expect(await refusal(newKey({ extractable: false }, 'attic'))).toBe('404 KEY_RING_NOT_FOUND_ERR');
      expect(await refusal(mia.deleteKeyRing({ ...here, keyRingId: 'vault' }))).toBe(
        '409 KEY_RING_NOT_EMPTY_ERR',
      );
    });

    test('are fifty at most, unique, and never the default one', async () => {
      const create = (keyRingId: string) => will.createKeyRing({ ...here, keyRingId });
      expect(await refusal(create('vault'))).toBe('409 KEY_RING_NOT_UNIQUE_ERR');
      expect(await refusal(create('default'))).toBe('400 KEY_RING_RESERVED_ERR');
      const { resources = [] } = (await rita.listKeyRings(here)).result;
      for (let count = resources.length; count <= 50; count++) await create(`ring-${count}`);
      expect(await refusal(create('one-too-many'))).toBe('409 KEY_RING_LIMIT_ERR');
    });
  });
}
