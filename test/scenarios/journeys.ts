import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Form, formsOf } from '../hostile-scanner/forms.ts';
import type { Api } from '../http/deletion.ts';
import { envelope } from '../http/server.ts';
import { REAUTHORIZATION_WINDOW, type Story, WINDOW } from '../support/story.ts';

/** An installation that people reach: its mails name it, and its pages are opened at its URL. */
export interface Installation extends Api {
  readonly url: string;
}

type Name = keyof Story['apiKeys'];
type Decision = 'approve' | 'deny' | 'unexpected' | 'reauthorize' | 'decline';

/**
 * What people do with a mail, a browser and the API, from the first authorization to the end.
 * @param open a new installation; undefined where there is none to be had.
 */
export function describeJourneys(where: string, open: (() => Promise<Installation>) | undefined): void {
  describe.skipIf(open === undefined)(`a deletion as people go through it, ${where}`, () => {
    let installation: Installation;
    beforeAll(async () => {
      installation = (await open?.()) as Installation;
    });
    afterAll(() => installation.close());

    /** Asked for by wendy, and waiting. */
    async function ask(name: string): Promise<string> {
      const body = envelope({ name, extractable: false });
      const { resource } = await installation.call('wendy', 'POST /api/v2/keys', { body });
      const set = await installation.call(
        'wendy',
        `POST /api/v2/keys/${resource.id}/actions/setKeyForDeletion`,
      );
      expect(set.status).toBe(204);
      await installation.story.waiting(resource.id, 'pending');
      return resource.id;
    }

    const stateOf = async (id: string) =>
      (await installation.call('rita', `GET /api/v2/keys/${id}/metadata`)).resource.state;
    const statusOf = async (id: string) =>
      (await installation.call('rita', `GET /countersign/v1/keys/${id}/authorization`)).json.status;
    const remove = async (name: Name, id: string) =>
      (await installation.call(name, `DELETE /api/v2/keys/${id}`)).status;

    /** The address of the page behind the newest mail about this key that has a link in it. */
    async function linkTo(name: Name, key: string): Promise<string> {
      const links = () =>
        installation.story.mails
          .filter(({ to, text }) => to === `${name}@example.com` && text.includes(key))
          .flatMap(({ text }) => /\/decide\/[\w-]+/.exec(text) ?? []);
      await expect.poll(links, { timeout: 10_000 }).not.toEqual([]);
      return `${installation.url}${links().at(-1)}`;
    }

    /** Fills in the page's form as a browser does, presses a button, and follows to the next page. */
    async function press(link: string, decision: Decision, typed: Readonly<Record<string, string>>) {
      const [form] = formsOf(await (await fetch(link)).text(), link);
      const fields = fieldsOf(form);
      for (const [name, value] of Object.entries(typed)) fields.set(name, value);
      fields.set('decision', decision);
      const answer = await fetch(form?.action ?? link, { method: form?.method ?? 'POST', body: fields });
      return { status: answer.status, text: await answer.text() };
    }

    const lapse = async (id: string) => {
      await installation.story.pass(WINDOW + 1);
      await installation.story.waiting(id, 'lapsed');
    };

    it('ends with a destroyed key when the link in the mail is opened and the page approves', async () => {
      const id = await ask('ledger of the mail');
      const link = await linkTo('alice', 'ledger of the mail');
      const head = await fetch(link, { method: 'HEAD' });
      expect([head.status, await stateOf(id)]).toEqual([200, 1]);
      const wrong = await press(link, 'approve', { confirm: 'zzzzzz' });
      expect([wrong.status, await stateOf(id)]).toEqual([422, 1]);

      const right = await press(link, 'approve', { confirm: id.slice(-6) });
      expect([right.status, await stateOf(id)]).toEqual([200, 5]);
      expect(right.text).toContain('The key is destroyed');
      const told = () =>
        installation.story.mails
          .filter(({ subject }) => subject.includes('ledger of the mail') && subject.includes('destroyed'))
          .map(({ to }) => to)
          .sort();
      await expect
        .poll(told, { timeout: 10_000 })
        .toEqual(['alice@example.com', 'bob@example.com', 'wendy@example.com']);
    });

    it('ends with the key when a Manager denies it on the page', async () => {
      const id = await ask('ledger to be kept');
      const link = await linkTo('bob', 'ledger to be kept');
      expect((await press(link, 'deny', { confirm: id.slice(-6) })).status).toBe(200);
      expect([await statusOf(id), await stateOf(id), await remove('alice', id)]).toEqual(['denied', 1, 409]);
    });

    it('ends with the key when it is withdrawn, also for whoever has the page open', async () => {
      const id = await ask('ledger taken back');
      const link = await linkTo('alice', 'ledger taken back');
      const [form] = formsOf(await (await fetch(link)).text(), link);
      const unset = await installation.call('wendy', `POST /api/v2/keys/${id}/actions/unsetKeyForDeletion`);
      expect(unset.status).toBe(204);
      const fields = fieldsOf(form);
      fields.set('confirm', id.slice(-6));
      fields.set('decision', 'approve');
      const late = await fetch(link, { method: 'POST', body: fields });
      expect([late.status, await statusOf(id), await stateOf(id)]).toEqual([409, 'withdrawn', 1]);
    });

    it('goes into a second round when its window has closed and its requester asks again on the page', async () => {
      const id = await ask('ledger of two rounds');
      const first = await linkTo('alice', 'ledger of two rounds');
      await lapse(id);
      expect(await remove('alice', id)).toBe(409);
      const again = await linkTo('wendy', 'ledger of two rounds');
      expect((await press(again, 'reauthorize', { apiKey: 'cs_none' })).status).toBe(403);
      const { wendy } = installation.story.apiKeys;
      expect((await press(again, 'reauthorize', { apiKey: wendy })).status).toBe(200);
      await installation.story.waiting(id, 'pending');

      await expect.poll(() => linkTo('alice', 'ledger of two rounds'), { timeout: 10_000 }).not.toBe(first);
      const second = await linkTo('alice', 'ledger of two rounds');
      expect((await press(second, 'approve', { confirm: id.slice(-6) })).status).toBe(200);
      expect([await statusOf(id), await stateOf(id)]).toEqual(['consumed', 5]);
    });

    it('expires when nobody asks again', async () => {
      const id = await ask('ledger forgotten');
      await lapse(id);
      await installation.story.pass(REAUTHORIZATION_WINDOW + 1);
      await expect.poll(() => statusOf(id), { timeout: 10_000 }).toBe('expired');
      expect(await stateOf(id)).toBe(1);
    });

    it('goes on after everything was ended and started again, in either of its waits', async () => {
      const id = await ask('ledger of a restart');
      await installation.story.restart();
      expect(await statusOf(id)).toBe('pending');
      await lapse(id);
      await installation.story.restart();
      const { status } = await installation.call(
        'wendy',
        `POST /countersign/v1/keys/${id}/authorization/reauthorize`,
        { body: { round: 1 } },
      );
      expect(status).toBe(200);
      await installation.story.waiting(id, 'pending');
      expect([await remove('wendy', id), await remove('bob', id)]).toEqual([401, 204]);
      expect(await stateOf(id)).toBe(5);
    });
  });
}

/** What the page gives its form, before anybody types. */
function fieldsOf(form: Form | undefined): URLSearchParams {
  const fields = new URLSearchParams();
  for (const { name, value } of form?.defaults ?? []) fields.append(name, value);
  return fields;
}
