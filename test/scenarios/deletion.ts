import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DESTROYED } from '../../lib/domain/key.ts';
import { sha256 } from '../../lib/operations/caller.ts';
import { deleteKey } from '../../lib/operations/delete-key.ts';
import { denyDeletion } from '../../lib/operations/deny-deletion.ts';
import { keyHistory } from '../../lib/operations/history.ts';
import { decideByLink, openLink, reauthorizeByLink } from '../../lib/operations/links.ts';
import { readAuthorization } from '../../lib/operations/read-authorization.ts';
import { getKeyMetadata } from '../../lib/operations/read-keys.ts';
import { listRegistrations } from '../../lib/operations/read-registrations.ts';
import { reauthorizeDeletion } from '../../lib/operations/reauthorize-deletion.ts';
import { registerResource } from '../../lib/operations/registrations.ts';
import { setKeyForDeletion } from '../../lib/operations/set-key-for-deletion.ts';
import { unsetKeyForDeletion } from '../../lib/operations/unset-key-for-deletion.ts';
import { unwrapKey, wrapKey } from '../../lib/operations/wrap-key.ts';
import { crnOf } from '../domain/registrations.ts';
import { firstBrokenLink } from '../support/audit-chain.ts';
import { newService } from '../support/services.ts';
import { expectOk, REAUTHORIZATION_WINDOW, refusalOf, type Story, WINDOW } from '../support/story.ts';

const tokenIn = (text: string): string => /\/decide\/([\w-]+)/.exec(text)?.[1] ?? '';

/**
 * Every way that a deletion can go, for whatever runs the workflow and keeps its state.
 * @param open a new installation for each test; undefined where there is none to be had.
 */
export function describeDeletion(where: string, open: (() => Promise<Story>) | undefined): void {
  describe.skipIf(open === undefined)(`a deletion, ${where}`, () => {
    let story: Story;

    beforeEach(async () => {
      story = (await open?.()) as Story;
    });

    afterEach(() => story.close());

    const set = async (keyId: string, who: 'wendy' | 'alice' = 'wendy') =>
      setKeyForDeletion(story.context, await story.as(who), keyId, {});
    /** Asked for, and waiting for a second person. */
    const ask = async (keyId: string, who: 'wendy' | 'alice' = 'wendy') => {
      expectOk(await set(keyId, who));
      await story.waiting(keyId, 'pending');
    };
    const lapse = async (keyId: string) => {
      await story.pass(WINDOW + 1);
      await story.waiting(keyId, 'lapsed');
    };
    const remove = async (keyId: string, who: 'alice' | 'bob' | 'wendy') =>
      deleteKey(story.context, await story.as(who), keyId, {});
    const metadata = async (keyId: string) =>
      expectOk(await getKeyMetadata(story.context, await story.as('rita'), keyId));
    const current = async (keyId: string) =>
      expectOk(await readAuthorization(story.context, await story.as('rita'), keyId)).authorization;

    it('is carried out when a second person approves what the first one asked for', async () => {
      const key = await story.newKey();
      expectOk(await set(key.id));
      expect((await metadata(key.id)).setForDeletionUntil).toBe(story.clock.now() + WINDOW * 1000);

      const destroyed = expectOk(await remove(key.id, 'alice'));

      expect(destroyed.state).toBe(DESTROYED);
      expect(await current(key.id)).toMatchObject({ status: 'consumed', round: 1 });
      expect(refusalOf(await wrapKey(story.context, await story.as('wendy'), key.id, {}))).toBe(
        'key-not-active',
      );
    });

    it('of a key that resources use is forced by the approver, and takes what is registered with it', async () => {
      const key = await story.newKey();
      const { caller } = await newService(story.context, await story.as('bob'));
      const register = (crn: string) =>
        registerResource(story.context, caller, { idOrAlias: key.id, resourceCrn: crnOf(crn) }, {});
      expectOk(await register('a'));
      expectOk(await register('b'));
      await ask(key.id);
      expect(refusalOf(await remove(key.id, 'alice'))).toBe('resources-protected');
      const everything = { limit: 5, offset: 0, count: true };
      const listed = async () =>
        expectOk(await listRegistrations(story.context, await story.as('rita'), everything))
          .registrations.filter(({ keyId }) => keyId === key.id)
          .map(({ resourceCrn }) => resourceCrn);
      expect(await listed()).toEqual([crnOf('a'), crnOf('b')]);
      expectOk(await deleteKey(story.context, await story.as('alice'), key.id, { force: true }));
      await expect.poll(listed).toEqual([]);
    });

    it('leaves a key that is set for deletion in full use', async () => {
      const key = await story.newKey();
      expectOk(await set(key.id));
      const wendy = await story.as('wendy');
      const wrapped = expectOk(await wrapKey(story.context, wendy, key.id, {}));
      const { ciphertext } = wrapped;
      const unwrapped = expectOk(await unwrapKey(story.context, wendy, key.id, { ciphertext }));
      expect(Buffer.from(unwrapped.plaintext)).toEqual(Buffer.from(wrapped.plaintext ?? []));
    });

    it('is refused to the person who asked for it, and the attempt is on record', async () => {
      const key = await story.newKey();
      expectOk(await set(key.id, 'alice'));
      expect(refusalOf(await remove(key.id, 'alice'))).toBe('own-request');
      const history = expectOk(
        await keyHistory(story.context, await story.as('rita'), key.id, { limit: 100 }),
      );
      expect(history.events.at(-1)).toMatchObject({ action: 'kms.secrets.delete', outcome: 'failure' });
      expect(await current(key.id)).toMatchObject({ status: 'pending' });
    });

    it('needs a first authorization', async () => {
      const key = await story.newKey();
      expect(refusalOf(await remove(key.id, 'alice'))).toBe('nothing-pending');
    });

    it('is refused to a Writer as the second person', async () => {
      const key = await story.newKey();
      expectOk(await set(key.id, 'alice'));
      expect(refusalOf(await remove(key.id, 'wendy'))).toBe('access-denied');
    });

    it('does not follow a withdrawal', async () => {
      const key = await story.newKey();
      expectOk(await set(key.id));
      expectOk(await unsetKeyForDeletion(story.context, await story.as('bob'), key.id, {}));
      expect(refusalOf(await remove(key.id, 'alice'))).toBe('nothing-pending');
      expect(await current(key.id)).toMatchObject({ status: 'withdrawn' });
      expect((await metadata(key.id)).setForDeletionUntil).toBeUndefined();
    });

    it('does not follow a denial', async () => {
      const key = await story.newKey();
      expectOk(await set(key.id));
      expectOk(await denyDeletion(story.context, await story.as('bob'), key.id, { note: 'in use' }));
      expect(refusalOf(await remove(key.id, 'alice'))).toBe('nothing-pending');
      expect(await current(key.id)).toMatchObject({ status: 'denied', note: 'in use' });
    });

    it('is asked for by mail, and approved through the link in it', async () => {
      const key = await story.newKey();
      expectOk(await set(key.id));
      await story.settle();
      await expect
        .poll(() => story.mails.map(({ to }) => to).sort())
        .toEqual(['alice@example.com', 'bob@example.com']);
      const token = tokenIn(story.mails[0]?.text ?? '');
      const view = expectOk(await openLink(story.context, token));
      expect(view).toMatchObject({ offers: 'decide', round: 1 });
      const decision = {
        decision: 'approve',
        round: 1,
        manifestDigest: view.authorization.manifestDigest,
      } as const;
      const wrong = await decideByLink(story.context, token, { ...decision, confirm: 'zzzzzz' });
      expect(refusalOf(wrong)).toBe('confirmation-mismatch');
      const after = expectOk(
        await decideByLink(story.context, token, { ...decision, confirm: key.id.slice(-6) }),
      );
      expect(after.key.state).toBe(DESTROYED);
      expect(after.offers).toBe('nothing');
    });

    it('tells the requester and every Manager how it ended', async () => {
      const key = await story.newKey();
      expectOk(await set(key.id));
      expectOk(await remove(key.id, 'alice'));
      await expect
        .poll(() =>
          story.mails
            .filter(({ text }) => !text.includes('/decide/'))
            .map(({ to }) => to)
            .sort(),
        )
        .toEqual(['alice@example.com', 'bob@example.com', 'wendy@example.com']);
    });

    it('lapses when nobody approves in seven days, and the key is an active key again', async () => {
      const key = await story.newKey();
      await ask(key.id);
      await story.pass(WINDOW - 1);
      expect(await current(key.id)).toMatchObject({ status: 'pending' });
      await story.pass(2);
      await expect.poll(async () => (await current(key.id)).status).toBe('lapsed');
      expect(refusalOf(await remove(key.id, 'alice'))).toBe('window-closed');
      expect((await metadata(key.id)).state).toBe(1);
      await expect.poll(() => story.mails.at(-1)?.to).toBe('wendy@example.com');
    });

    it('cannot be approved at the very moment its window ends, even if no timer has fired', async () => {
      const key = await story.newKey();
      expectOk(await set(key.id));
      story.clock.set(story.clock.now() + WINDOW * 1000);
      expect(refusalOf(await remove(key.id, 'alice'))).toBe('window-closed');
    });

    it('can be asked for again after its window, by a round of its own', async () => {
      const key = await story.newKey();
      await ask(key.id);
      await lapse(key.id);
      const again = expectOk(
        await reauthorizeDeletion(story.context, await story.as('alice'), key.id, { round: 1 }),
      );
      expect(again).toMatchObject({ round: 2, status: 'pending' });
      expect(refusalOf(await remove(key.id, 'alice'))).toBe('own-request');
      expect(expectOk(await remove(key.id, 'bob')).state).toBe(DESTROYED);
    });

    it('tells everybody who asked for it how it ended, in whichever round', async () => {
      const key = await story.newKey();
      await ask(key.id);
      await lapse(key.id);
      expectOk(await reauthorizeDeletion(story.context, await story.as('alice'), key.id, { round: 1 }));
      expectOk(await remove(key.id, 'bob'));
      const told = () =>
        story.mails.filter(({ subject }) => subject.includes('destroyed')).map(({ to }) => to);
      await expect
        .poll(() => told().sort())
        .toEqual(['alice@example.com', 'bob@example.com', 'wendy@example.com']);
    });

    it('is asked for again on the page behind the mail, with a credential only', async () => {
      const key = await story.newKey();
      await ask(key.id);
      await lapse(key.id);
      await expect.poll(() => story.mails.at(-1)?.to).toBe('wendy@example.com');
      const token = tokenIn(story.mails.at(-1)?.text ?? '');
      const again = { decision: 'reauthorize', round: 1 } as const;
      expect(refusalOf(await reauthorizeByLink(story.context, token, { ...again, apiKey: 'cs_x' }))).toBe(
        'credential-needed',
      );
      const apiKey = story.apiKeys.wendy;
      expectOk(await reauthorizeByLink(story.context, token, { ...again, apiKey }));
      expect(await current(key.id)).toMatchObject({ status: 'pending', round: 2 });
    });

    it('expires when nobody asks again', async () => {
      const key = await story.newKey();
      await ask(key.id);
      await lapse(key.id);
      await story.pass(REAUTHORIZATION_WINDOW + 1);
      await expect.poll(async () => (await current(key.id)).status).toBe('expired');
      const { id } = await current(key.id);
      await expect.poll(() => story.context.workflow.status(`${id}-1`)).toBe('SUCCEEDED');
    });

    it('asked for by somebody else takes the place of the one that is pending', async () => {
      const key = await story.newKey();
      expectOk(await set(key.id));
      const first = await current(key.id);
      expectOk(await set(key.id, 'alice'));
      const second = await current(key.id);
      expect(second.id).not.toBe(first.id);
      expect(refusalOf(await remove(key.id, 'alice'))).toBe('own-request');
      await expect.poll(() => story.context.workflow.status(`${first.id}-1`)).toBe('SUCCEEDED');
      expect(expectOk(await remove(key.id, 'bob')).state).toBe(DESTROYED);
    });

    it('asked for twice by the same person within a minute is one request', async () => {
      const key = await story.newKey();
      expectOk(await set(key.id));
      const first = await current(key.id);
      expectOk(await set(key.id));
      expect((await current(key.id)).id).toBe(first.id);
    });

    it('of a key without the policy needs one person, and goes through the same workflow', async () => {
      const key = await story.newKey({ dualAuthDelete: false });
      expect(expectOk(await remove(key.id, 'alice')).state).toBe(DESTROYED);
      const authorization = await current(key.id);
      expect(authorization).toMatchObject({ status: 'consumed', twoPeople: false });
      await expect.poll(() => story.context.workflow.status(`${authorization.id}-1`)).toBe('SUCCEEDED');
    });

    it('answers the approver who repeats the call for a quarter of an hour, and nobody else', async () => {
      const key = await story.newKey();
      expectOk(await set(key.id));
      expectOk(await remove(key.id, 'alice'));
      expect(refusalOf(await remove(key.id, 'alice'))).toBe('accepted');
      expect(refusalOf(await remove(key.id, 'bob'))).toBe('key-destroyed');
      await story.pass(15 * 60);
      expect(refusalOf(await remove(key.id, 'alice'))).toBe('key-destroyed');
    });

    it('leaves an unbroken chain of events', async () => {
      const key = await story.newKey();
      expectOk(await set(key.id));
      expectOk(await remove(key.id, 'alice'));
      const { events } = expectOk(
        await keyHistory(story.context, await story.as('rita'), key.id, { limit: 100 }),
      );
      expect(events.map(({ action }) => action)).toEqual([
        'kms.secrets.create',
        'kms.secrets.setkeyfordeletion',
        'countersign.authorization.approve',
        'kms.secrets.delete',
      ]);
      expect(firstBrokenLink(events, sha256)).toBeUndefined();
      const changed = events.map((event) => (event.sequence === 2 ? { ...event, actor: 'x|y' } : event));
      expect(firstBrokenLink(changed, sha256)).toBe(2);
    });
  });
}
