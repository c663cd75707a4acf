import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEACTIVATED, DESTROYED } from '../../lib/domain/key.ts';
import { addMonths } from '../../lib/domain/rotation.ts';
import { HOUR } from '../../lib/domain/time.ts';
import { deleteKey } from '../../lib/operations/delete-key.ts';
import { loadKey } from '../../lib/operations/records/key.ts';
import { materialKey } from '../../lib/operations/records/material.ts';
import { rotateKey } from '../../lib/operations/rotate-key.ts';
import { setKeyForDeletion } from '../../lib/operations/set-key-for-deletion.ts';
import { unwrapKey, wrapKey } from '../../lib/operations/wrap-key.ts';
import { brokenRules } from '../support/rules.ts';
import { expectOk, type Story } from '../support/story.ts';

/** What time does to a key, for whatever sweeps and keeps its state; undefined where there is none to be had. */
export function describeRotation(where: string, open: (() => Promise<Story>) | undefined): void {
  describe.skipIf(open === undefined)(`a key with a rotation policy and an expiration date, ${where}`, () => {
    let story: Story;
    beforeAll(async () => {
      story = (await open?.()) as Story;
    });
    afterAll(() => story.close());

    it('is rotated by hand and by its policy, and expires', async () => {
      const { context, clock } = story;
      const made = clock.now();
      const expiresAt = addMonths(made, 2);
      const key = await story.newKey({ rotation: { intervalMonths: 1 }, expiresAt });
      const reference = { instanceId: key.instanceId, keyId: key.id } as const;
      const stored = () => loadKey(context.store, key.instanceId, key.id);
      const wendy = await story.as('wendy');
      const { ciphertext, plaintext } = expectOk(await wrapKey(context, wendy, key.id, {}));

      expectOk(await rotateKey(context, wendy, key.id, {}));
      clock.set(addMonths(made, 1));
      await Promise.all([story.sweep(), story.sweep()]);
      expect((await stored())?.versions).toHaveLength(3);
      clock.set(clock.now() + HOUR);
      expectOk(await rotateKey(context, wendy, key.id, {}));
      const unwrapped = expectOk(await unwrapKey(context, wendy, key.id, { ciphertext }));
      expect(unwrapped).toMatchObject({
        plaintext,
        rewrapped: { versionId: (await stored())?.versions[0]?.id },
      });

      clock.set(expiresAt);
      await story.sweep();
      expect((await stored())?.state).toBe(DEACTIVATED);
      expect(await brokenRules(context.store, reference)).toEqual([]);
    });

    it('is destroyed with the material of all of its versions', async () => {
      const { context, clock } = story;
      const key = await story.newKey();
      const wendy = await story.as('wendy');
      for (let i = 0; i < 3; i += 1) {
        expectOk(await rotateKey(context, wendy, key.id, {}));
        clock.set(clock.now() + HOUR);
      }
      expectOk(await setKeyForDeletion(context, wendy, key.id, {}));
      const destroyed = expectOk(await deleteKey(context, await story.as('alice'), key.id, {}));
      expect([destroyed.state, destroyed.versions.length]).toEqual([DESTROYED, 4]);
      expect(await context.store.get(materialKey(key.instanceId, key.id))).toBeUndefined();
      expect(await brokenRules(context.store, { instanceId: key.instanceId, keyId: key.id })).toEqual([]);
    });
  });
}
