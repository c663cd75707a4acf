import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Key } from '../../../lib/domain/key.ts';
import { confirmationOf } from '../../../lib/domain/key.ts';
import { createApp } from '../../../lib/http/app.ts';
import { approveDeletion } from '../../../lib/operations/approve-deletion.ts';
import { getKeyMetadata } from '../../../lib/operations/read-keys.ts';
import { loadEvents } from '../../../lib/operations/records/event.ts';
import { instanceKey } from '../../../lib/operations/records/instance.ts';
import { keyPartition } from '../../../lib/operations/records/key.ts';
import { registerResource } from '../../../lib/operations/registrations.ts';
import { rotateKey } from '../../../lib/operations/rotate-key.ts';
import { setKeyForDeletion } from '../../../lib/operations/set-key-for-deletion.ts';
import { crnOf } from '../../domain/registrations.ts';
import { newService } from '../../support/services.ts';
import { expectOk, openStory, type Story, WINDOW } from '../../support/story.ts';
import { addByTwo } from '../../support/two-managers.ts';
import { type Answered, type Visitor, visitor } from './visitor.ts';

let story: Story;
let app: ReturnType<typeof createApp>;
let key: Key;

beforeEach(async () => {
  story = await openStory();
  app = createApp(story.context);
  key = await story.newKey({ name: 'payroll' });
});
afterEach(() => story.close());

type Name = keyof Story['apiKeys'];

async function as(name: Name): Promise<Visitor> {
  const someone = visitor(app);
  await someone.signIn(story.apiKeys[name]);
  return someone;
}

async function ask(): Promise<void> {
  expectOk(await setKeyForDeletion(story.context, await story.as('wendy'), key.id, { reason: 'it moved' }));
  await story.waiting(key.id, 'pending');
}

const now = async () => expectOk(await getKeyMetadata(story.context, await story.as('alice'), key.id));
const state = async () => (await now()).state;
const place = async (what = '') => `/authorizations/${key.id}/${(await now()).authorizationId}${what}`;

const eventsOf = async (action: string) =>
  (
    await loadEvents(story.context.store, keyPartition(story.instanceId, key.id), { limit: 100 })
  ).events.filter((event) => event.action === action);

/** The form of a page, as a browser would post it. */
const fieldsOf = ({ text }: Answered): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g)]
      .map(([, name = '', value = '']) => [name, value] as const)
      .filter(([name]) => name !== 'csrf'),
  );

/** The decision as the open page would send it. */
async function decide(who: Visitor, decision: string, more: Record<string, string> = {}): Promise<Answered> {
  const path = await place('/decide');
  const fields = fieldsOf(await who.get(path));
  return who.post(path, { ...fields, confirm: confirmationOf(key.id), note: '', decision, ...more });
}

describe('a decision in the console', () => {
  it('approves: the key is destroyed, the result says by whom, and the event says through what', async () => {
    await ask();
    const bob = await as('bob');
    const answer = await decide(bob, 'approve', { note: 'seen' });
    expect([answer.status, answer.location]).toEqual([303, await place('/decide')]);
    expect(await state()).toBe(5);
    const { text } = await bob.get(answer.location);
    expect(text).toContain('The key is destroyed');
    expect(text).toContain('bob@example.com');
    expect(text).not.toContain('name="decision"');
    const [approved] = await eventsOf('countersign.authorization.approve');
    expect(approved).toMatchObject({ data: { decidedThrough: 'console', note: 'seen' } });
    expect(approved?.correlationId).toMatch(/^[0-9a-f-]{36}$/);
    expect((await bob.get(await place())).text).toContain('through the console');
  });

  it.each(['approve', 'deny', 'unexpected'])(
    'is one, although the form is sent twice: %s',
    async (decision) => {
      await ask();
      const [bob, again] = [await as('bob'), await as('bob')];
      const answers = await Promise.all([decide(bob, decision), decide(again, decision)]);
      expect(answers.map(({ status }) => status)).toEqual([303, 303]);
      const action = decision === 'approve' ? 'approve' : 'deny';
      expect(await eventsOf(`countersign.authorization.${action}`)).toHaveLength(1);
      expect(await state()).toBe(decision === 'approve' ? 5 : 1);
    },
  );

  it('denies with a note, and a later approval by another Manager changes nothing and is told why', async () => {
    await ask();
    const alice = await as('alice');
    const late = fieldsOf(await alice.get(await place('/decide')));
    expect((await decide(await as('bob'), 'deny', { note: 'still in use' })).status).toBe(303);
    const { status, text } = await alice.post(await place('/decide'), {
      ...late,
      confirm: confirmationOf(key.id),
      decision: 'approve',
    });
    expect(status).toBe(409);
    expect(text).toContain('This was decided before');
    expect(text).toContain('still in use');
    expect(await state()).toBe(1);
  });

  it('“I did not expect this” stops everything else that the same person asked for', async () => {
    await ask();
    const other = await story.newKey({ name: 'other' });
    expectOk(await setKeyForDeletion(story.context, await story.as('wendy'), other.id, {}));
    expect((await decide(await as('bob'), 'unexpected')).status).toBe(303);
    const { authorizationId } = expectOk(
      await getKeyMetadata(story.context, await story.as('alice'), other.id),
    );
    const { text } = await (await as('alice')).get(`/authorizations/${other.id}/${authorizationId}/decide`);
    expect(text).toContain('This can only be denied');
    expect(text).not.toContain('value="approve"');
    const wendy = await as('wendy');
    expect((await wendy.get(`/keys/${key.id}/delete`)).text).toContain('It cannot be asked for now');
  });

  it('shows the form again with what is wrong and what was typed, and changes nothing', async () => {
    await ask();
    const bob = await as('bob');
    const wrong = await decide(bob, 'approve', { confirm: '000000', note: 'I was <b>here</b>' });
    expect(wrong.status).toBe(422);
    expect(wrong.text).toContain('id="confirm-error"');
    expect(wrong.text).toContain('I was &lt;b&gt;here&lt;/b&gt;');
    expect(wrong.text).toMatch(/<title>Error: /);
    const unreadable = [
      ['decision', ''],
      ['round', '0'],
      ['manifestDigest', 'x'],
      ['decision', 'reauthorize'],
    ];
    for (const [field = '', value = ''] of unreadable) {
      const bad = { [field]: value };
      expect((await decide(bob, 'approve', bad)).status).toBe(422);
    }
    const other = await decide(bob, 'approve', { manifestDigest: 'a'.repeat(64) });
    expect([other.status, other.text.includes('no longer what would be lost')]).toEqual([409, true]);
    expect((await decide(bob, 'approve', { round: '2' })).status).toBe(409);
    expect((await decide(bob, 'approve', { csrf: 'f'.repeat(64) })).status).toBe(403);
    expect(await state()).toBe(1);
    expect(await eventsOf('countersign.authorization.approve')).toEqual([]);
  });

  it('of one’s own request is not possible: the page says why, and an attempt leaves its trace', async () => {
    expectOk(await setKeyForDeletion(story.context, await story.as('bob'), key.id, {}));
    await story.waiting(key.id, 'pending');
    const [bob, alice] = [await as('bob'), await as('alice')];
    const path = await place('/decide');
    const shown = await bob.get(path);
    expect(shown.text).toContain('You asked for this deletion yourself. Somebody else must approve it.');
    expect(shown.text).toContain(await place('/withdraw'));
    expect(shown.text).not.toContain('name="decision"');
    const fields = fieldsOf(await alice.get(path));
    const tried = await bob.post(path, {
      ...fields,
      confirm: confirmationOf(key.id),
      decision: 'approve',
    });
    expect(tried.status).toBe(403);
    expect(await state()).toBe(1);
    expect((await eventsOf('kms.secrets.delete')).map(({ outcome }) => outcome)).toEqual(['failure']);
  });

  it('of somebody who became Manager too late can only be a no', async () => {
    await ask();
    const two = { asks: await story.as('alice'), approves: await story.as('bob') };
    const email = 'mia@example.com';
    const mia = expectOk(await addByTwo(story.context, two, { email, roles: ['Manager'] }));
    const someone = visitor(app);
    await someone.signIn(mia.apiKey ?? '');
    const { text } = await someone.get(await place('/decide'));
    expect(text).toContain('You can deny it and no more.');
    expect(text).not.toContain('value="approve"');
    expect((await decide(someone, 'approve')).status).toBe(403);
    expect((await decide(someone, 'deny')).status).toBe(303);
  });

  it('needs the box ticked where resources use the key, and no API key beside the session', async () => {
    const { caller } = await newService(story.context, await story.as('alice'));
    const resourceCrn = crnOf('bucket');
    expectOk(
      await registerResource(
        story.context,
        caller,
        { idOrAlias: key.id, resourceCrn },
        { preventKeyDeletion: false },
      ),
    );
    await ask();
    await story.context.store.commit([
      { update: instanceKey(story.instanceId), when: [], set: { approvalNeedsCredential: true } },
    ]);
    const bob = await as('bob');
    const page = await bob.get(await place('/decide'));
    expect(page.text).toContain(resourceCrn);
    expect(page.text).not.toContain('name="apiKey"');
    const unforced = await decide(bob, 'approve');
    expect([unforced.status, unforced.text.includes('id="force-error"')]).toEqual([422, true]);
    expect((await decide(bob, 'approve', { force: 'true' })).status).toBe(303);
    expect(await state()).toBe(5);
  });

  it('of what has changed since it was asked for is refused, says what changed, and leads to asking again', async () => {
    await ask();
    const bob = await as('bob');
    expectOk(await rotateKey(story.context, await story.as('alice'), key.id, {}));
    const { status, text } = await decide(bob, 'approve');
    expect(status).toBe(409);
    expect(text).toContain('What would be lost has changed');
    expect(text).toMatch(/version [0-9a-f-]{36} was added on/);
    expect(text).toContain(await place('/ask-again'));
    expect(await state()).toBe(1);
  });
});

describe('an approval that is not carried out yet', () => {
  it('is shown as approved on a page that looks again by itself, and without scripts by a link', async () => {
    await story.close();
    // The execution is never told of the approval.
    story = await openStory({ workflow: (workflow) => ({ ...workflow, wake: async () => 'gone' }) });
    app = createApp(story.context);
    key = await story.newKey();
    await ask();
    const approver = (await story.as('bob')).person;
    const authorizationId = (await now()).authorizationId ?? '';
    const reference = { instanceId: story.instanceId, keyId: key.id, authorizationId };
    expectOk(
      await approveDeletion(story.context, { ...reference, approver, round: 1, decidedThrough: 'console' }),
    );
    const { text } = await (await as('alice')).get(await place('/decide'));
    expect(text).toContain('<div id="outcome" data-refresh="5">');
    expect(text).toContain('the key is being destroyed. <a href="">Look again</a>');
  });
});

describe('a request that is taken back', () => {
  it('is withdrawn once, with the note, also when the form is sent twice', async () => {
    await ask();
    const path = await place('/withdraw');
    const wendy = await as('wendy');
    const shown = await wendy.get(path);
    expect(shown.text).toContain('it moved');
    const fields = { ...fieldsOf(shown), note: 'a mistake' };
    for (let sent = 0; sent < 2; sent += 1) {
      const { status, location } = await wendy.post(path, fields);
      expect([status, location]).toEqual([303, `${await place()}?notice=deletion-withdrawn`]);
    }
    expect(await eventsOf('kms.secrets.unsetkeyfordeletion')).toMatchObject([
      { data: { note: 'a mistake' } },
    ]);
    expect((await wendy.get(path)).text).toContain('was withdrawn by');
  });

  it('stays when the note is too long or the round is another one', async () => {
    await ask();
    const wendy = await as('wendy');
    const path = await place('/withdraw');
    const long = await wendy.post(path, { round: '1', note: 'x'.repeat(501) });
    expect([long.status, long.text.includes('id="note-error"')]).toEqual([422, true]);
    expect((await wendy.post(path, { round: '2' })).status).toBe(409);
    expect((await wendy.post(path, { round: 'one' })).status).toBe(422);
    expect(await (await as('rita')).get(path)).toMatchObject({ status: 403 });
    expect(await eventsOf('kms.secrets.unsetkeyfordeletion')).toEqual([]);
  });
});

describe('a request of which the window has closed', () => {
  const lapse = async () => {
    await ask();
    await story.pass(WINDOW + 60);
    await story.waiting(key.id, 'lapsed');
  };

  it('is asked for again with what changed since, once, and bound to what was seen', async () => {
    await lapse();
    expectOk(await rotateKey(story.context, await story.as('alice'), key.id, {}));
    const wendy = await as('wendy');
    const path = await place('/ask-again');
    const shown = await wendy.get(path);
    expect(shown.text).toContain('Nobody approved the deletion in time.');
    expect(shown.text).toMatch(/<h2>What changed<\/h2><ul class="changes"><li>version/);
    expect(shown.text).toContain('2 versions');
    expect(shown.text).not.toContain('name="apiKey"');
    const fields = { ...fieldsOf(shown), decision: 'reauthorize' };
    const stale = await wendy.post(path, { ...fields, lossDigest: 'a'.repeat(64) });
    expect([stale.status, stale.text.includes('no longer what would be lost')]).toEqual([409, true]);
    for (let sent = 0; sent < 2; sent += 1) {
      const { location } = await wendy.post(path, fields);
      expect(location).toBe(`${await place()}?notice=deletion-asked-again`);
    }
    expect(await eventsOf('countersign.authorization.reauthorize')).toHaveLength(1);
    await story.waiting(key.id, 'pending');
    const { text } = await (await as('bob')).get(await place('/decide'));
    expect(text).toContain('Since the last round');
  });

  it('takes no decision any more, and says that the time is over', async () => {
    await lapse();
    const { text } = await (await as('bob')).get(await place('/decide'));
    expect(text).toContain('The time is over');
    expect(text).not.toContain('value="approve"');
  });

  it('is let end on the same page', async () => {
    await lapse();
    const wendy = await as('wendy');
    const path = await place('/ask-again');
    const fields = { ...fieldsOf(await wendy.get(path)), decision: 'decline' };
    expect((await wendy.post(path, fields)).location).toContain('deletion-withdrawn');
    expect((await wendy.get(await place())).text).toContain('withdrawn');
  });
});
