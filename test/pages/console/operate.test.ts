import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Authorization, common } from '../../../lib/domain/authorization.ts';
import { DAY } from '../../../lib/domain/time.ts';
import { addService } from '../../../lib/operations/add-service.ts';
import { changeInstance } from '../../../lib/operations/instance.ts';
import { listPeople } from '../../../lib/operations/people.ts';
import { authorizationItem } from '../../../lib/operations/records/authorization.ts';
import { destroyingWrites } from '../../../lib/operations/records/destroying.ts';
import { loadInstance } from '../../../lib/operations/records/instance.ts';
import { loadKey } from '../../../lib/operations/records/key.ts';
import { setKeyForDeletion } from '../../../lib/operations/set-key-for-deletion.ts';
import { currentAuthorization } from '../../../lib/operations/transition.ts';
import { listUndelivered } from '../../../lib/operations/undelivered-mails.ts';
import { openServer, type Server } from '../../http/server.ts';
import { expectOk, type Name } from '../../support/story.ts';
import { type Answered, type Visitor, visitor } from './visitor.ts';

let server: Server;
let alice: Visitor;
let bob: Visitor;
let rita: Visitor;

beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  [alice, bob, rita] = await Promise.all([signedIn('alice'), signedIn('bob'), signedIn('rita')]);
});

async function signedIn(name: Name): Promise<Visitor> {
  const someone = visitor(server.app);
  await someone.signIn(server.story.apiKeys[name]);
  return someone;
}

const everybody = async () => expectOk(await listPeople(server.context, await server.story.as('bob')));
const personOf = async (email: string) => {
  const found = (await everybody()).find((person) => person.email === email || person.name === email);
  if (found === undefined) throw new Error(`there is no ${email}`);
  return found;
};
const pathOf = async (email: string) => `/people/${encodeURIComponent((await personOf(email)).id)}`;

/** Somebody new, without anything that takes two. @returns the path of their page. */
async function newReader(email: string): Promise<string> {
  const { status } = await alice.post('/new-person', { kind: 'user', email, roles: 'Reader' });
  expect([email, status]).toEqual([email, 200]);
  return pathOf(email);
}

/** The path of a page that was led to, and the code of what it tells. */
const ledTo = ({ status, location }: Answered) => {
  const { pathname, searchParams } = new URL(location, 'http://here');
  return [status, pathname, searchParams.get('notice')] as const;
};
const hiddenField = (text: string, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(text)?.[1] ?? '';
const textOf = ({ text }: Pick<Answered, 'text'>): string =>
  text
    .replace(/<(style|script)>[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

/** Asks for a change of settings. @returns the path of the change request. */
async function askForWindow(duration: string): Promise<string> {
  const was = { 'was-authorizationWindow': 'other' };
  const answer = await alice.post('/settings', {
    ...(await settingsFields()),
    ...was,
    authorizationWindow: duration,
  });
  expect(ledTo(answer)[2]).toBe('change-asked');
  return ledTo(answer)[1];
}

/** What the form of the settings sends when nothing is touched. */
async function settingsFields(): Promise<Record<string, string>> {
  const { text } = await alice.get('/settings');
  const form = text.slice(text.indexOf('value="settings"'), text.indexOf('Save the settings'));
  const was = [...form.matchAll(/name="(was-[^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [
    String(name),
    String(value),
  ]);
  const now = was.map(([name = '', value = '']) => [name.slice('was-'.length), value]);
  // A box that is not ticked sends nothing.
  return Object.fromEntries([['do', 'settings'], ...was, ...now.filter(([, value]) => value !== 'false')]);
}

describe('the people', () => {
  it('are listed with what they may do since when, and from when Managers approve', async () => {
    const text = textOf(await alice.get('/people'));
    expect(text).toContain(
      'alice@example.com active API key stood in a terminal Manager on the whole instance since',
    );
    expect(text).toMatch(
      /wendy@example.com active API key stood in a terminal Writer on the whole instance since [^–]+ – –/,
    );
  });

  it('a new one’s API key is shown once, in the answer to the form and in no address', async () => {
    const form = { kind: 'user', email: 'nora@example.com', roles: ['Reader', 'Writer'] };
    const added = await alice.post('/new-person', form);
    expect([added.status, added.location]).toEqual([200, '']);
    expect(added.text).toMatch(/cs_[\w-]{43}/);
    const again = await alice.post('/new-person', form);
    expect(again.status).toBe(409);
    expect(again.text).not.toMatch(/cs_[\w-]{43}/);
    const page = await alice.get(await pathOf('nora@example.com'));
    expect(page.text).not.toMatch(/cs_[\w-]{43}/);
    expect(textOf(page)).toContain('API key seen by others');
  });

  it.each([
    [{ kind: 'user', email: '', roles: 'Reader' }, 'email-error', 'Enter an e-mail address'],
    [{ kind: 'user', email: 'no address', roles: 'Reader' }, undefined, 'Error: '],
    [{ kind: 'user', email: 'x@example.com' }, 'roles-error', 'Choose at least one role'],
    [{ kind: 'user', email: 'x@example.com', newRole: 'Reader' }, 'newTarget-error', 'Say on which'],
    [{ kind: 'user', email: 'x@example.com', newTarget: 'r' }, 'newRole-error', 'Choose the role'],
    [{ kind: 'service', owner: 'x', roles: 'Reader' }, 'name-error', 'text of 1 to 90 characters'],
  ])('are added by a form that says what is wrong with %j', async (fields, error, words) => {
    const { status, text } = await alice.post('/new-person', fields);
    expect([status >= 400 && status < 500, text.includes(words)]).toEqual([true, true]);
    if (error !== undefined) expect([status, text.includes(`id="${error}"`)]).toEqual([422, true]);
    expect(text).toContain('<title>Error: ');
  });

  it('a Manager is asked for, and is none before a second Manager has approved', async () => {
    const added = await alice.post('/new-person', {
      kind: 'user',
      email: 'mona@example.com',
      roles: ['Manager', 'Reader'],
      reason: 'night shift',
    });
    expect(textOf(added)).toContain('Not everything yet');
    const request = /\/change-requests\/[0-9a-f-]{36}/.exec(added.text)?.[0] ?? '';
    const [own, others] = await Promise.all([alice.get(request), bob.get(request)]);
    expect(textOf(own)).toContain('You cannot approve it.');
    expect(own.text).not.toContain('value="approve"');
    expect(textOf(others)).toMatch(/Roles .*Reader.* .*Manager/);
    expect(textOf(others)).toContain('night shift');
    expect((await personOf('mona@example.com')).roles.Manager).toBeUndefined();
    expect(textOf(await alice.get(await pathOf('mona@example.com')))).toContain('waits for a second Manager');

    const digest = hiddenField(others.text, 'digest');
    const wrong = await bob.post(request, { decision: 'approve', digest, confirm: 'lisa@example.com' });
    expect([wrong.status, wrong.text.includes('id="confirm-error"')]).toEqual([422, true]);
    const mismatch = await bob.post(request, {
      decision: 'approve',
      digest: '0'.repeat(64),
      confirm: 'mona@example.com',
    });
    expect(mismatch.status).toBe(409);
    const approved = await bob.post(request, { decision: 'approve', digest, confirm: 'mona@example.com' });
    expect(ledTo(approved)).toEqual([303, request, 'change-approved']);
    expect((await personOf('mona@example.com')).roles.Manager).toBeDefined();
    expect(textOf(await bob.get(request))).toContain('approved and done');
  });

  it('are changed by what is different from what was shown, whatever others did meanwhile', async () => {
    const path = await newReader('ines@example.com');
    const { text } = await alice.get(path);
    expect(hiddenField(text, 'hadRoles')).toBe('Reader');
    const grants = { newRole: 'Writer', newOn: 'keyRing', newTarget: 'default' };
    const form = { do: 'change', email: 'ines@example.com', hadEmail: 'ines@example.com' };
    expect(
      ledTo(await bob.post(path, { ...form, hadRoles: 'Reader', roles: ['Reader', 'Writer'], ...grants })),
    ).toEqual([303, decodeURIComponent(path).replace('|', '%7C'), 'person-changed']);
    await alice.post(path, { ...form, hadRoles: 'Reader', roles: 'ReaderPlus' });
    const ines = await personOf('ines@example.com');
    expect(Object.keys(ines.roles).sort()).toEqual(['ReaderPlus', 'Writer']);
    expect(ines.grants).toMatchObject([{ role: 'Writer', on: { keyRing: 'default' } }]);

    const name = 'Writer@ring:default';
    const had = { hadRoles: ['ReaderPlus', 'Writer'], roles: ['ReaderPlus', 'Writer'] };
    await alice.post(path, { ...form, ...had, hadGrants: name });
    expect((await personOf('ines@example.com')).grants ?? []).toEqual([]);
    expect(ledTo(await alice.post(path, { ...form, ...had }))[2]).toBe('nothing-changed');
  });

  it('are not changed by a form with a mistake, which is shown again with what was typed', async () => {
    const path = await newReader('jan@example.com');
    const form = { do: 'change', hadEmail: 'jan@example.com', hadRoles: 'Reader', roles: 'Reader' };
    const wrong = await alice.post(path, { ...form, email: '"><i>jan', reason: 'moved' });
    expect([wrong.status >= 400, wrong.text.includes('<i>')]).toEqual([true, false]);
    expect(wrong.text).toContain('value="&quot;&gt;&lt;i&gt;jan"');
    expect(wrong.text).toContain('value="moved"');
    const taken = await alice.post(path, { ...form, email: 'bob@example.com' });
    expect(taken.status).toBe(409);
    const ring = await alice.post(path, {
      ...form,
      email: 'jan@example.com',
      newRole: 'Reader',
      newOn: 'keyRing',
      newTarget: 'nowhere',
    });
    expect([ring.status, (await personOf('jan@example.com')).grants ?? []]).toEqual([404, []]);
    expect((await alice.post(path, { do: 'promote' })).status).toBe(422);
  });

  it('are frozen by one, and a Manager acts again only when two agree', async () => {
    const path = await pathOf('mona@example.com');
    expect(ledTo(await alice.post(path, { do: 'freeze' }))[2]).toBe('person-frozen');
    expect((await personOf('mona@example.com')).status).toBe('frozen');
    expect(textOf(await alice.get(path))).toContain('letting a Manager or a KeyPurge act again');
    expect(ledTo(await alice.post(path, { do: 'unfreeze' }))[2]).toBe('change-asked');
    expect((await personOf('mona@example.com')).status).toBe('frozen');

    const reader = await newReader('olaf@example.com');
    await alice.post(reader, { do: 'freeze' });
    expect(ledTo(await alice.post(reader, { do: 'unfreeze' }))[2]).toBe('person-unfrozen');
  });

  it('are mailed another link to an API key, and it is said that one is on its way', async () => {
    const path = await newReader('pia@example.com');
    expect(ledTo(await alice.post(path, { do: 'claim' }))[2]).toBe('claim-sent');
    expect(textOf(await alice.get(path))).toContain('link to an API key mailed');
  });

  it('are removed after a page that asks, and what cannot be is said in words', async () => {
    const path = await newReader('quin@example.com');
    const before = await alice.get(`${path}/remove`);
    expect(textOf(before)).toContain('This cannot be undone');
    expect(ledTo(await alice.post(`${path}/remove`))).toEqual([303, '/people', 'person-removed']);
    expect((await alice.get(path)).status).toBe(404);
    const services = await server.story.as('bob');
    const { person } = expectOk(
      await addService(server.context, services, {
        name: '<b>ci</b>',
        owner: services.person.id,
        roles: ['Reader'],
      }),
    );
    for (const page of ['/people', `/people/${encodeURIComponent(person.id)}`]) {
      const { text } = await alice.get(page);
      expect([page, text.includes('<b>ci'), text.includes('&lt;b&gt;ci&lt;/b&gt;')]).toEqual([
        page,
        false,
        true,
      ]);
    }
  });

  it('that nobody expected are let ask again by another Manager, and not by themselves', async () => {
    const request = await askForWindow('P9D');
    const unexpected = await bob.post(request, { decision: 'unexpected', stopNote: 'who was that?' });
    expect(ledTo(unexpected)).toEqual([303, request, 'change-unexpected']);
    const own = await pathOf('alice@example.com');
    expect(textOf(await alice.get(own))).toContain('Another Manager lifts that');
    expect((await alice.post(own, { do: 'lift' })).status).toBe(403);
    expect(ledTo(await bob.post(own, { do: 'lift' }))[2]).toBe('requests-lifted');
    await server.story.pass(1);
  });
});

describe('API keys', () => {
  it('are made for oneself and one’s services, each shown once', async () => {
    const made = await rita.post('/api-keys', { holder: (await personOf('rita@example.com')).id });
    expect([made.status, made.location]).toEqual([200, '']);
    const [key = ''] = /cs_[\w-]{43}/.exec(made.text) ?? [];
    const listed = await rita.get('/api-keys');
    expect([listed.text.includes(key), textOf(listed).includes(`cs_…${key.slice(-4)}`)]).toEqual([
      false,
      true,
    ]);
    const foreign = await rita.post('/api-keys', { holder: (await personOf('bob@example.com')).id });
    expect([foreign.status, /cs_[\w-]{43}/.test(foreign.text)]).toEqual([403, false]);
  });

  it('of oneself are revoked after a page that asks, with the session that one of them began', async () => {
    const { text } = await rita.get('/api-keys');
    const paths = [...text.matchAll(/href="(\/api-keys\/[^"]+\/revoke)"/g)].map(([, path]) => String(path));
    const [first = '', second = ''] = paths;
    expect(textOf(await rita.get(second))).toContain('This cannot be undone');
    expect(ledTo(await rita.post(second))).toEqual([303, '/api-keys', 'api-key-revoked']);
    expect((await rita.get(second)).status).toBe(404);
    const wendy = await signedIn('wendy');
    expect((await wendy.get(first)).status).toBe(404);
    expect((await wendy.post(first)).status).toBe(404);
    expect(ledTo(await alice.post(first))[1]).toContain('/people/');
    expect((await rita.get('/api-keys')).location).toContain('/sign-in');
  });
});

describe('a change request', () => {
  it('is withdrawn by who asked, and denied by another with a note', async () => {
    const first = await askForWindow('P8D');
    const digest = hiddenField((await bob.get(first)).text, 'digest');
    expect(ledTo(await alice.post(first, { decision: 'withdraw' }))[2]).toBe('change-withdrawn');
    const late = await bob.post(first, { decision: 'approve', digest, confirm: 'story' });
    expect([late.status, textOf(late).includes('withdrawn already')]).toEqual([409, true]);

    const second = await askForWindow('P8D');
    expect(ledTo(await bob.post(second, { decision: 'deny', stopNote: 'not now' }))[2]).toBe('change-denied');
    expect(textOf(await alice.get(second))).toContain('not now');
    const listed = textOf(await alice.get('/change-requests?status=denied'));
    expect(listed).toContain('Change of the settings of story denied');
    expect(listed).not.toContain('withdrawn Authorization window');
  });

  it('is shown to Managers alone: it tells who people are', async () => {
    const path = await askForWindow('P8D');
    const reader = await signedIn('wendy');
    for (const page of [path, '/change-requests']) {
      const { status, text } = await reader.get(page);
      expect([status, text.includes('alice@example.com')]).toEqual([403, false]);
    }
    expect((await reader.post(path, { decision: 'deny' })).status).toBe(403);
    await alice.post(path, { decision: 'withdraw' });
  });

  it('that is none, and an address that no page gave, lead nowhere', async () => {
    expect((await alice.get('/change-requests/11111111-1111-4111-8111-111111111111')).status).toBe(404);
    for (const page of ['/change-requests', '/mails', '/drills']) {
      expect([page, (await alice.get(`${page}?after=typed`)).status]).toEqual([page, 404]);
    }
  });
});

describe('the settings', () => {
  it('that guard nothing are changed by one, and others stay as somebody set them meanwhile', async () => {
    const before = await settingsFields();
    await changeInstance(server.context, await server.story.as('bob'), { approvalNeedsManifest: true });
    const saved = await alice.post('/settings', { ...before, name: 'Payroll' });
    expect(ledTo(saved)).toEqual([303, '/settings', 'settings-saved']);
    const instance = await loadInstance(server.context.store, server.story.instanceId);
    expect(instance).toMatchObject({ name: 'Payroll', approvalNeedsManifest: true });
    const again = await settingsFields();
    expect(ledTo(await alice.post('/settings', again))[2]).toBe('nothing-changed');
    await alice.post('/settings', { ...again, name: 'story' });
  });

  it('that guard something say so before, and wait for a second Manager after', async () => {
    expect(textOf(await alice.get('/settings'))).toContain('Changing it needs a second Manager.');
    const { approvalNeedsManifest: _, ...fields } = await settingsFields();
    const asked = await alice.post('/settings', fields);
    expect(ledTo(asked)[2]).toBe('change-asked');
    const request = ledTo(asked)[1];
    expect(textOf(await bob.get(request))).toMatch(/digest of the manifest yes no/);
    await alice.post(request, { decision: 'withdraw' });
  });

  it.each([
    [{ authorizationWindow: 'soon' }, 'authorizationWindow-error'],
    [{ restoreWindow: 'P91D' }, 'restoreWindow-error'],
    [{ name: '' }, 'name-error'],
  ])('are not changed by %j', async (wrong, error) => {
    const { status, text } = await alice.post('/settings', { ...(await settingsFields()), ...wrong });
    expect([status, text.includes(`id="${error}"`)]).toEqual([422, true]);
  });

  it.each([
    [{ do: 'allowedIP', allowedIPOn: 'true', ranges: 'here' }, 422, 'is no address and no range'],
    [{ do: 'allowedIP', allowedIPOn: 'true', ranges: '' }, 422, 'at least one'],
    [{ do: 'allowedIP', allowedIPOn: 'true', ranges: '192.0.2.0/24' }, 400, 'shut everybody out'],
    [{ do: 'rotation', rotationOn: 'true', intervalMonths: '13' }, 422, 'a whole number from 1 to 12'],
    [{ do: 'metrics', enabled: 'true' }, 422, 'The form was not complete'],
  ])('keep their policies when somebody sends %j', async (fields, status, words) => {
    const answer = await alice.post('/settings', fields);
    expect([answer.status, textOf(answer).includes(words)]).toEqual([status, true]);
  });

  it('are reached from elsewhere alone only by whoever is there themselves', async () => {
    const form = { do: 'allowedIP', allowedIPOn: 'true', ranges: '192.0.2.0/24' };
    const shut = await alice.post('/settings', form, { from: '198.51.100.7' });
    expect([shut.status, textOf(shut).includes('198.51.100.7 must be among them')]).toEqual([422, true]);
  });

  it('have policies that are written one by one', async () => {
    const forms: readonly Readonly<Record<string, string>>[] = [
      { do: 'rotation', rotationOn: 'true', intervalMonths: '3' },
      { do: 'keyCreateImportAccess', keyAccessOn: 'true', createRootKey: 'true' },
      { do: 'allowedNetwork', allowedNetworkOn: 'true' },
      { do: 'dualAuthDelete' },
      { do: 'allowedIP', ranges: '' },
    ];
    for (const form of forms) {
      expect([form.do, ledTo(await alice.post('/settings', form))[2]]).toEqual([form.do, 'policy-saved']);
    }
    expect(await loadInstance(server.context.store, server.story.instanceId)).toMatchObject({
      rotation: { enabled: true, intervalMonths: 3 },
      keyCreateImportAccess: { enabled: true, access: { createRootKey: true, importRootKey: false } },
      allowedNetwork: { enabled: true },
      dualAuthDelete: { enabled: false },
      allowedIP: { enabled: false },
    });
    await alice.post('/settings', { do: 'keyCreateImportAccess' });
  });

  it('of an instance that is no trial have nothing to end', async () => {
    expect((await alice.get('/settings')).text).not.toContain('end-trial');
  });
});

describe('what has got stuck', () => {
  it('is listed by whom it was for, and sent again', async () => {
    const { story, context } = server;
    story.failMails(new Error('the mail server is away'));
    await newReader('tess@example.com');
    for (const email of ['tess@example.com', 'wendy@example.com']) {
      await alice.post(await pathOf(email), { do: 'claim' });
    }
    await story.sweep();
    const id = (await personOf('tess@example.com')).id;
    const filtered = await alice.get(`/mails?status=due&person=${encodeURIComponent(id)}`);
    expect(textOf(filtered)).toContain('tess@example.com link to an API key is tried again');
    const others = expectOk(
      await listUndelivered(context, await story.as('alice'), { status: 'due', limit: 100 }),
    );
    expect(filtered.text.split('Send again:').length - 1).toBe(1);
    expect(others.mails.length).toBeGreaterThan(1);
    expect(textOf(await alice.get('/people'))).toMatch(/tess@example.com .* 1 mail /);
    const mail = /name="mail" value="([^"]+)"/.exec(filtered.text)?.[1] ?? '';
    story.failMails(undefined);
    expect(ledTo(await alice.post('/mails', { mail, status: 'due' }))).toEqual([303, '/mails', 'mail-again']);
    await story.sweep();
    expect(story.mails.some(({ to }) => to === 'tess@example.com')).toBe(true);
    expect((await alice.post('/mails', { mail: '1-none' })).status).toBe(404);
    expect((await alice.post('/mails')).status).toBe(422);
  });

  it('is a drill, a change and a deletion, the oldest first, with whom each waits for', async () => {
    const { story } = server;
    await alice.post('/settings', { do: 'dualAuthDelete', dualAuthDeleteOn: 'true' });
    const { id: keyId } = await story.newKey({ name: 'ledger' });
    expectOk(await setKeyForDeletion(server.context, await story.as('wendy'), keyId, {}));
    await story.pass(60);
    await askForWindow('P10D');
    await story.pass(60);
    const started = await alice.post('/drills', { duration: 'P2D' });
    const [, drill] = ledTo(started);
    expect(ledTo(started)).toEqual([303, drill, 'drill-started']);
    const wendy = await signedIn('wendy');
    expect(textOf(await wendy.get('/waiting'))).not.toContain('Change of the settings');
    const seen = textOf(await bob.get('/waiting'));
    const places = ['Deletion of ledger', 'Change of the settings', 'Drill 2026'].map((words) =>
      seen.indexOf(words),
    );
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(seen).toMatch(/Deletion of ledger waits for approval alice@example.com , bob@example.com/);
    expect(seen).toMatch(/Change of the settings of story waits for approval bob@example.com [^,]/);

    const second = await alice.post('/drills', { duration: 'P1D' });
    expect([second.status, textOf(second).includes('This was not done')]).toEqual([409, true]);
    expect((await alice.post('/drills', { duration: 'PT1M' })).text).toContain('id="duration-error"');
    expect(textOf(await wendy.get(drill))).toMatch(/bob@example.com has not answered yet/);
    expect((await wendy.get('/drills')).text).not.toContain('Start a drill');
    // So that the mails are out.
    await story.sweep();
    await story.pass(3 * (DAY / 1_000));
    await story.sweep();
    // Sessions do not last that long.
    expect(textOf(await (await signedIn('wendy')).get(drill))).toMatch(/bob@example.com did not answer/);
  });

  it('is told on the page about health, without a secret', async () => {
    const page = await (await signedIn('alice')).get('/health');
    expect([page.status, textOf(page).includes('requests are served')]).toEqual([200, true]);
    expect(textOf(page)).toContain('Database well');
    expect(page.text).not.toMatch(/cs_[\w-]{20}|[A-Za-z0-9+/]{43}=/);
  });

  it('is a deletion that does not go on where its key lives, with why', async () => {
    const { store } = server.context;
    const { id } = await server.story.newKey({ name: 'vault' });
    expectOk(await setKeyForDeletion(server.context, await server.story.as('wendy'), id, {}));
    const key = await loadKey(store, server.story.instanceId, id);
    const asked = key && (await currentAuthorization(store, key));
    if (asked === undefined) throw new Error('nothing was asked for');
    const at = asked.requestedAt;
    const stalled: Authorization = {
      ...common(asked),
      status: 'destroying',
      approver: asked.requester,
      approvedAt: at,
      decidedThrough: 'api',
      startedAt: at,
      attempts: 9,
      attemptedAt: at,
      stalledAt: at,
      problem: 'AWS KMS does not answer',
    };
    const put = { put: authorizationItem(stalled, at), when: [] };
    await store.commit([put, ...destroyingWrites(asked, stalled)]);
    const seen = textOf(await (await signedIn('alice')).get('/waiting'));
    expect(seen).toMatch(
      /Deletion of vault key is being destroyed whoever can mend it: it does not go on where the key lives. AWS KMS does not answer/,
    );
  });
});
