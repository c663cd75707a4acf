import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CursorError } from '../../lib/domain/errors.ts';
import { verdictOf } from '../../lib/domain/evidence/verdict.ts';
import { DAY } from '../../lib/domain/time.ts';
import { createAlias } from '../../lib/operations/aliases.ts';
import { sha256 } from '../../lib/operations/caller.ts';
import { exportEvidence } from '../../lib/operations/export-evidence.ts';
import type { Store } from '../../lib/ports/store.ts';
import { exported, handedOver, looseLines, problemsOf, verified } from '../support/evidence.ts';
import { livedThrough } from '../support/evidence-story.ts';
import { openDynamodbStore, openSqliteStore } from '../support/stores.ts';
import { expectOk, openStory, refusalOf, type Story } from '../support/story.ts';

for (const [name, openStore] of [
  ['SQLite', openSqliteStore],
  ['DynamoDB', openDynamodbStore],
] as const) {
  const opened = await openStore();
  describe.skipIf(opened === undefined)(`an export of evidence, over ${name}`, () => {
    let story: Story;
    let keys: Awaited<ReturnType<typeof livedThrough>>;
    beforeAll(async () => {
      story = await openStory(opened && { store: opened.store });
      keys = await livedThrough(story);
    });
    afterAll(async () => {
      await story.close();
      await opened?.close();
    });
    const rita = () => story.as('rita');
    const pinned = () => handedOver(story.context, story.instanceId);

    it('of everything is verified, with both people of a deletion', async () => {
      const { texts } = await exported(story.context, await rita());
      const found = verified(texts, await pinned());
      expect(found.problems).toEqual([]);
      expect(found.counts).toMatchObject({ chains: 3, uncovered: 1 });
      expect(found.newestCheckpoint?.sequence).toBe(found.checkpoints);
      const [deletion] = found.deletions;
      expect(found.deletions).toHaveLength(1);
      expect(deletion?.keyId).toBe(keys.deleted);
      expect(found.names.get(deletion?.requester ?? '')).toBe('wendy@example.com');
      expect(found.names.get(deletion?.approver ?? '')).toBe('alice@example.com');
    });

    it('has what the history shows: manifests, mails and every event of the executions', async () => {
      const { texts } = await exported(story.context, await rita());
      const lines = looseLines(texts);
      const of = (type: string) => lines.filter((line) => line.type === type && line.chain === keys.deleted);
      expect(of('authorization')).toHaveLength(1);
      expect(of('mail').length).toBeGreaterThan(1);
      expect(of('execution')).toMatchObject([{ record: { status: 'SUCCEEDED' } }]);
    });

    it('of one key tells nothing of others, and of one authorization no other', async () => {
      const { texts } = await exported(story.context, await rita(), { key: keys.deleted });
      const found = verified(texts, await pinned());
      expect(found.problems).toEqual([]);
      expect(found.counts).toMatchObject({ chains: 1, uncovered: 0 });
      expect(texts.join('\n')).not.toContain(keys.used);
      expect(verdictOf(found).doesNotProve.join('\n')).toMatch(/nor anything about other keys/);

      const authorization = String(found.deletions[0]?.authorizationId);
      const alone = await exported(story.context, await rita(), { authorization });
      expect(problemsOf(alone.texts, await pinned())).toEqual([]);
      expect(looseLines(alone.texts).filter(({ type }) => type === 'authorization')).toHaveLength(1);
      const none = { authorization: crypto.randomUUID() };
      expect(refusalOf(await exportEvidence(story.context, await rita(), none))).toBe('key-not-found');
    });

    it('of some time is verified, and says that what came before and after is not in it', async () => {
      const from = story.clock.now() - DAY;
      const { texts } = await exported(story.context, await rita(), { from, to: from + 2 * DAY });
      const found = verified(texts, await pinned());
      expect(found.problems).toEqual([]);
      expect(looseLines(texts).filter(({ type }) => type === 'chain')).toMatchObject([
        { chain: keys.used, complete: false },
      ]);
      expect(found.counts.events).toBe(2);
      expect(verdictOf(found).doesNotProve.join('\n')).toMatch(/before and after the time/);
    });

    it('of many keys comes in parts, each of which goes on where the one before ended', async () => {
      const { context } = story;
      // A clock that a part ends by: each look at it costs a second and a half.
      let looks = 0;
      const now = () => {
        looks += 1;
        return story.clock.now() + 1_500 * looks;
      };
      const slow = { ...context, clock: { ...context.clock, now } };
      const { texts, parts } = await exported(slow, await rita());
      expect(parts).toBeGreaterThan(2);
      expect(problemsOf(texts, await pinned())).toEqual([]);
      const lines = looseLines(texts);
      const seals = lines.flatMap(({ type }, i) => (type === 'seal' ? [i] : []));
      // A part that is left out, and two that change places.
      const part = (n: number) => texts.slice((seals[n - 1] ?? -1) + 1, (seals[n] ?? 0) + 1);
      const rest = texts.slice((seals[2] ?? 0) + 1);
      expect(problemsOf([...part(0), ...part(2), ...rest], await pinned())).toContainEqual(
        expect.stringMatching(/a part of the file is missing or out of order/),
      );
      expect(problemsOf([...part(0), ...part(2), ...part(1), ...rest], await pinned())).toContainEqual(
        expect.stringMatching(/a part of the file is missing or out of order/),
      );
      expect(problemsOf(texts.slice(0, (seals[1] ?? 0) + 1), await pinned())).toContainEqual(
        expect.stringMatching(/the end of the file is cut off/),
      );
    });

    it('is verified although its keys change while it is read', async () => {
      const { context } = story;
      const alice = await story.as('alice');
      let acted = false;
      const busy: Store = {
        ...context.store,
        query: async (query) => {
          if (!acted && query.prefix === 'event#' && query.partition.endsWith(keys.used)) {
            acted = true;
            expectOk(await createAlias(context, alice, { idOrAlias: keys.used, alias: `busy-${name}` }));
          }
          return context.store.query(query);
        },
      };
      const { texts } = await exported({ ...context, store: busy }, await rita());
      expect(problemsOf(texts, await pinned())).toEqual([]);
      expect(acted).toBe(true);
    });

    it('goes on only where a part of the same selection ended', async () => {
      const { context } = story;
      for (const after of ['', 'x', Buffer.from('{"part":1}').toString('base64url')]) {
        await expect(exportEvidence(context, await rita(), { after })).rejects.toThrow(CursorError);
      }
      const position = { at: 'events', chain: keys.used };
      const made = { exportId: crypto.randomUUID(), part: 2, position };
      const after = Buffer.from(JSON.stringify(made)).toString('base64url');
      const request = { key: keys.deleted, after };
      await expect(exportEvidence(context, await rita(), request)).rejects.toThrow(CursorError);
    });

    it('holds no secret and changes nothing', async () => {
      const { context } = story;
      const refused = () => Promise.reject(new Error('nothing is written'));
      const reading = { ...context, store: { ...context.store, commit: refused } };
      const { texts } = await exported(reading, await rita());
      const text = texts.join('\n');
      for (const apiKey of Object.values(story.apiKeys)) {
        expect(text).not.toContain(apiKey);
        expect(text).not.toContain(sha256(apiKey));
      }
      expect(text).not.toMatch(/sealedToken|"versions":\{|taskToken\\":\\"(?!\(task token\))/);
      for (const { text: mail } of story.mails) {
        const token = /\/decide\/([\w-]+)/.exec(mail)?.[1];
        if (token !== undefined) expect(text.includes(token) || text.includes(sha256(token))).toBe(false);
      }
    });
  });
}
