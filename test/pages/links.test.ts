import type { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Key } from '../../lib/domain/key.ts';
import { confirmationOf } from '../../lib/domain/key.ts';
import { denyDeletion } from '../../lib/operations/deny-deletion.ts';
import { keyHistory } from '../../lib/operations/history.ts';
import { getKeyMetadata } from '../../lib/operations/read-keys.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { instanceKey } from '../../lib/operations/records/instance.ts';
import { keyPartition } from '../../lib/operations/records/key.ts';
import { registerResource } from '../../lib/operations/registrations.ts';
import { restoreKey } from '../../lib/operations/restore-key.ts';
import { setKeyForDeletion } from '../../lib/operations/set-key-for-deletion.ts';
import { unsetKeyForDeletion } from '../../lib/operations/unset-key-for-deletion.ts';
import { pages } from '../../lib/pages/routes.ts';
import { crnOf } from '../domain/registrations.ts';
import { newService } from '../support/services.ts';
import {
  expectOk,
  openStory,
  REAUTHORIZATION_WINDOW,
  refusalOf,
  type Story,
  WINDOW,
} from '../support/story.ts';
import { post } from './fake-links.ts';

describe('mailed links, over a real store and workflow', () => {
  let story: Story;
  let app: Hono;
  let key: Key;

  beforeEach(async () => {
    story = await openStory();
    app = pages(story.context);
    key = await story.newKey({ name: 'payroll', aliases: ['salaries'] });
    await ask();
  });
  afterEach(() => story.close());

  async function ask(): Promise<void> {
    expectOk(
      await setKeyForDeletion(story.context, await story.as('wendy'), key.id, { reason: 'the vault moved' }),
    );
    await story.waiting(key.id, 'pending');
  }

  /** The newest mailed link's path. */
  function linkTo(name: string, subject: RegExp = /Approve/): string {
    const mail = story.mails.findLast((one) => one.to.startsWith(`${name}@`) && subject.test(one.subject));
    const url = /^https?:\S+$/m.exec(mail?.text ?? '')?.[0];
    if (url === undefined) throw new Error(`no link was mailed to ${name}`);
    return new URL(url).pathname;
  }

  /** The form on the page, as a browser would post it. */
  async function fieldsOf(path: string): Promise<{ readonly [name: string]: string }> {
    const page = await (await app.request(path)).text();
    const hidden = [...page.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g)];
    return Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value]));
  }

  const decide = async (path: string, decision: string, confirm = confirmationOf(key.id)) =>
    post(app, path, { ...(await fieldsOf(path)), decision, confirm, note: 'seen' });

  const textOf = async (path: string) => (await app.request(path)).text();

  const stateOf = async () =>
    expectOk(await getKeyMetadata(story.context, await story.as('alice'), key.id)).state;

  it('a Manager approves: the key is destroyed and everybody’s link shows by whom', async () => {
    const path = linkTo('alice');
    expect(await textOf(path)).toContain('the vault moved');
    expect((await decide(path, 'approve')).status).toBe(303);
    expect(await stateOf()).toBe(5);
    for (const link of [path, linkTo('bob')]) {
      const page = await textOf(link);
      expect(page).toContain('approved by <bdi>alice@example.com</bdi>');
      expect(page).toContain('the key was destroyed at');
      expect(page).toContain('Note: <bdi>seen</bdi>');
    }
  });

  it('a key that resources use is destroyed only when the box is ticked that says so', async () => {
    const { caller } = await newService(story.context, await story.as('bob'));
    const name = { idOrAlias: key.id, resourceCrn: crnOf('salaries') };
    expectOk(await registerResource(story.context, caller, name, {}));
    await ask();
    const path = linkTo('alice');
    expect(await textOf(path)).toContain(crnOf('salaries'));
    const unticked = await decide(path, 'approve');
    expect(unticked.status).toBe(422);
    expect(await unticked.text()).toContain('have not said that it is to be destroyed all the same');
    expect(await stateOf()).toBe(1);
    const form = { ...(await fieldsOf(path)), decision: 'approve', confirm: confirmationOf(key.id) };
    expect((await post(app, path, { ...form, confirm: 'wrong!', force: 'true' })).status).toBe(422);
    expect(await stateOf()).toBe(1);
    expect((await post(app, path, { ...form, force: 'true' })).status).toBe(303);
    expect(await stateOf()).toBe(5);
    expect(await textOf(path)).toContain('<h1>The key is destroyed</h1>');
  });

  it('an old link says that the key was restored since, what was not, and that it was destroyed again', async () => {
    const { caller } = await newService(story.context, await story.as('bob'));
    const name = { idOrAlias: key.id, resourceCrn: crnOf('salaries') };
    expectOk(await registerResource(story.context, caller, name, {}));
    await ask();
    const path = linkTo('alice');
    const form = async (link: string) => ({
      ...(await fieldsOf(link)),
      decision: 'approve',
      confirm: confirmationOf(key.id),
      force: 'true',
    });
    expect((await post(app, path, await form(path))).status).toBe(303);
    await story.pass(60);
    expectOk(await restoreKey(story.context, await story.as('alice'), key.id));
    const back = await textOf(path);
    expect(back).toContain('<h1>The key was destroyed, and restored since</h1>');
    expect(back).toContain('It was restored since then. What was registered with it');
    expect(back).not.toContain('What was lost');
    const bobs = linkTo('bob');
    await ask();
    expectOk(await denyDeletion(story.context, await story.as('bob'), key.id, {}));
    const stopped = linkTo('alice');
    expect(await textOf(stopped)).toContain('The key is active and nothing was deleted.');
    await ask();
    const again = linkTo('alice');
    expect((await post(app, again, await form(again))).status).toBe(303);
    expect(await textOf(again)).toContain('<h1>The key is destroyed</h1>');
    expect(await textOf(bobs)).toContain('another deletion has destroyed it again');
    expect(await textOf(stopped)).toContain('It deleted nothing. The key was destroyed since then');
  });

  const eventsOf = async (action: string) => {
    const { instanceId, store } = { instanceId: story.instanceId, store: story.context.store };
    const { events } = await loadEvents(store, keyPartition(instanceId, key.id), { limit: 100 });
    return events.filter((event) => event.action === action);
  };
  const openingsOf = async () => {
    const history = expectOk(await keyHistory(story.context, await story.as('rita'), key.id, { limit: 100 }));
    return history.openings.map(({ personId, count }) => [history.emails[personId], count]);
  };

  it('a Manager did not expect it: denied, the requester is stopped, and every Manager hears why', async () => {
    expect((await decide(linkTo('alice'), 'unexpected')).status).toBe(303);
    expect(await textOf(linkTo('bob'))).toContain('They did not expect it');
    expect(await stateOf()).toBe(1);
    const again = await setKeyForDeletion(story.context, await story.as('wendy'), key.id, {});
    expect(refusalOf(again)).toBe('requests-frozen');
    const told = () => story.mails.filter(({ subject }) => subject.includes('Nobody expected'));
    await expect
      .poll(() =>
        told()
          .map(({ to }) => to)
          .sort(),
      )
      .toEqual(['alice', 'bob', 'wendy'].map((name) => `${name}@example.com`));
    // A second click, by somebody else: what was decided is shown, and nothing more is stopped.
    expect((await decide(linkTo('bob'), 'unexpected')).status).toBe(400);
  });

  it('a request of somebody who is stopped can be denied and not approved', async () => {
    const other = await story.newKey({ name: 'other' });
    expectOk(await setKeyForDeletion(story.context, await story.as('wendy'), other.id, {}));
    const links = () =>
      story.mails.filter(({ to, subject }) => to.startsWith('bob@') && subject.includes('Approve'));
    await expect.poll(() => links().length).toBe(2);
    const path = linkTo('bob', /Approve.*payroll/);
    const fields = await fieldsOf(path);
    expectOk(await denyDeletion(story.context, await story.as('alice'), other.id, { unexpected: true }));
    const page = await textOf(path);
    expect(page).toContain('This can only be denied');
    expect(page).not.toContain('value="approve"');
    const approved = await post(app, path, {
      ...fields,
      decision: 'approve',
      confirm: confirmationOf(key.id),
    });
    expect(approved.status).toBe(409);
    expect(await stateOf()).toBe(1);
    expect((await decide(path, 'deny')).status).toBe(303);
  });

  it('an instance that asks for it takes an approval only with the API key of the link’s person', async () => {
    await askForCredential();
    const path = linkTo('alice');
    expect(await textOf(path)).toContain('Here a mailed link alone does not approve');
    const fields = { ...(await fieldsOf(path)), confirm: confirmationOf(key.id), decision: 'approve' };
    for (const apiKey of ['', 'cs_guess']) {
      const refused = await post(app, path, { ...fields, apiKey });
      expect(refused.status).toBe(403);
      expect(await refused.text()).toContain('id="apiKey-error"');
    }
    for (let tries = 0; tries < 3; tries += 1) {
      const refused = await post(app, path, { ...fields, apiKey: story.apiKeys.bob });
      expect(refused.status).toBe(403);
      expect(await refused.text()).toContain('the attempt was recorded');
    }
    expect(await eventsOf('countersign.link.refused')).toMatchObject([
      { actor: (await story.as('bob')).person.id, outcome: 'failure', round: 1 },
    ]);
    expect(await stateOf()).toBe(1);
    expect((await post(app, path, { ...fields, apiKey: story.apiKeys.alice })).status).toBe(303);
    expect(await stateOf()).toBe(5);
    expect(await eventsOf('countersign.authorization.approve')).toMatchObject([
      { data: { withCredential: true } },
    ]);
  });

  it('denying needs no API key there', async () => {
    await askForCredential();
    const path = linkTo('alice');
    const fields = {
      ...(await fieldsOf(path)),
      confirm: confirmationOf(key.id),
      decision: 'deny',
      apiKey: '',
    };
    expect((await post(app, path, fields)).status).toBe(303);
  });

  async function askForCredential() {
    const { store } = story.context;
    const set = { approvalNeedsCredential: true };
    await store.commit([{ update: instanceKey(story.instanceId), when: [{ item: 'present' }], set }]);
  }

  it('openings are noted apart from decisions, once a minute, and a HEAD is none', async () => {
    const path = linkTo('alice');
    const before = (await eventsOf('kms.secrets.setkeyfordeletion')).length;
    await Promise.all(Array.from({ length: 20 }, async () => app.request(path)));
    await app.request(linkTo('bob'), { method: 'HEAD' });
    expect(await openingsOf()).toEqual([['alice@example.com', 1]]);
    expect(await eventsOf('kms.secrets.setkeyfordeletion')).toHaveLength(before);
  });

  it('a Manager denies: the key stays, and the other one’s approval comes too late', async () => {
    const late = await fieldsOf(linkTo('bob'));
    expect((await decide(linkTo('alice'), 'deny')).status).toBe(303);
    const response = await post(app, linkTo('bob'), {
      ...late,
      decision: 'approve',
      confirm: key.id.slice(-6),
    });
    expect(response.status).toBe(409);
    expect(await response.text()).toContain('denied by <bdi>alice@example.com</bdi>');
    expect(await textOf(linkTo('bob'))).toContain('Note: <bdi>seen</bdi>');
    expect(await stateOf()).toBe(1);
  });

  it('a second click sees the recorded result', async () => {
    const path = linkTo('alice');
    const fields = { ...(await fieldsOf(path)), decision: 'approve', confirm: key.id.slice(-6) };
    const answers = await Promise.all([post(app, path, fields), post(app, path, fields)]);
    for (const { status } of answers) expect([303, 409]).toContain(status);
    expect(await textOf(path)).toContain('approved by <bdi>alice@example.com</bdi>');
    expect(await stateOf()).toBe(5);
  });

  it.each([
    ['nothing', () => ''],
    ['zeros', () => '000000'],
    ['the whole id', (of: Key) => of.id],
    ['one character too few', (of: Key) => of.id.slice(-5)],
    ['one character too many', (of: Key) => of.id.slice(-7)],
  ])('a confirmation with %s changes nothing', async (_, typedFor) => {
    const typed = typedFor(key);
    for (const decision of ['approve', 'deny']) {
      expect((await decide(linkTo('alice'), decision, typed)).status).toBe(422);
    }
    expect(await stateOf()).toBe(1);
    expect(await textOf(linkTo('bob'))).toContain('<form');
  });

  it('the confirmation may be typed in capitals and with blanks around it', async () => {
    expect((await decide(linkTo('alice'), 'approve', ` ${key.id.slice(-6).toUpperCase()} `)).status).toBe(
      303,
    );
    expect(await stateOf()).toBe(5);
  });

  it('another round or another manifest than the one shown is refused', async () => {
    const path = linkTo('alice');
    const fields = { ...(await fieldsOf(path)), decision: 'approve', confirm: key.id.slice(-6) };
    expect((await post(app, path, { ...fields, round: '2' })).status).toBe(409);
    expect((await post(app, path, { ...fields, manifestDigest: 'ab'.repeat(32) })).status).toBe(409);
    expect(await stateOf()).toBe(1);
  });

  it('a withdrawn request shows who withdrew it and takes no decision', async () => {
    const path = linkTo('alice');
    expectOk(await unsetKeyForDeletion(story.context, await story.as('wendy'), key.id, {}));
    expect(await textOf(path)).toContain('withdrawn by <bdi>wendy@example.com</bdi>');
    expect(await textOf(path)).not.toContain('<form');
  });

  it('a closed window is asked again with the API key alone, and the old links end', async () => {
    const old = linkTo('alice');
    await story.pass(WINDOW + 1);
    await story.waiting(key.id, 'lapsed');
    const path = linkTo('wendy', /Nobody approved/);
    expect(await textOf(old)).not.toContain('<form');
    const fields = { ...(await fieldsOf(path)), decision: 'reauthorize' };
    for (const apiKey of ['', 'cs_wrong']) {
      const refused = await post(app, path, { ...fields, apiKey });
      expect(refused.status).toBe(403);
      expect(await refused.text()).toContain('This API key is not valid here');
    }
    // Somebody who may ask as well asks on their own account, and not through a link that is not theirs.
    for (const apiKey of [story.apiKeys.rita, story.apiKeys.alice]) {
      const refused = await post(app, path, { ...fields, apiKey });
      expect(refused.status).toBe(403);
      expect(await refused.text()).toContain('the attempt was recorded');
    }
    expect(await eventsOf('countersign.link.refused')).toHaveLength(2);
    expect((await post(app, path, { ...fields, apiKey: story.apiKeys.wendy })).status).toBe(303);
    await story.waiting(key.id, 'pending');
    expect(await textOf(path)).toContain('This link was for round 1.');
    expect(await textOf(old)).not.toContain('<form');
    expect((await decide(linkTo('alice'), 'approve')).status).toBe(303);
    expect(await stateOf()).toBe(5);
  });

  it('a closed window is let end on the same page', async () => {
    await story.pass(WINDOW + 1);
    await story.waiting(key.id, 'lapsed');
    const path = linkTo('wendy', /Nobody approved/);
    const fields = { ...(await fieldsOf(path)), decision: 'decline', apiKey: story.apiKeys.wendy };
    expect((await post(app, path, fields)).status).toBe(303);
    expect(await textOf(path)).toContain('withdrawn by <bdi>wendy@example.com</bdi>');
  });

  it('a request that nobody asked again says so', async () => {
    await story.pass(WINDOW + 1);
    await story.waiting(key.id, 'lapsed');
    await story.pass(REAUTHORIZATION_WINDOW + 1);
    await story.settle();
    expect(await textOf(linkTo('wendy', /Nobody approved/))).toContain(
      'neither approved nor asked for again',
    );
  });
});
