import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { confirmationOf, type Key, needsTwoPeople } from '../../../lib/domain/key.ts';
import { createApp } from '../../../lib/http/app.ts';
import { createKeyRing } from '../../../lib/operations/key-rings.ts';
import { listKeys } from '../../../lib/operations/list-keys.ts';
import { putKeyPolicies } from '../../../lib/operations/policies.ts';
import { readAuthorization } from '../../../lib/operations/read-authorization.ts';
import { getKeyMetadata } from '../../../lib/operations/read-keys.ts';
import { registerResource } from '../../../lib/operations/registrations.ts';
import { rotateKey } from '../../../lib/operations/rotate-key.ts';
import { setKeyForDeletion } from '../../../lib/operations/set-key-for-deletion.ts';
import { crnOf } from '../../domain/registrations.ts';
import { openAdopted } from '../../support/adopted.ts';
import { newService } from '../../support/services.ts';
import { expectOk, openStory, type Story } from '../../support/story.ts';
import { type Answered, type Visitor, visitor } from './visitor.ts';

type Name = keyof Story['apiKeys'];

let story: Story;
let app: ReturnType<typeof createApp>;

async function as(name: Name): Promise<Visitor> {
  const someone = visitor(app);
  await someone.signIn(story.apiKeys[name]);
  return someone;
}

const keyNow = async (id: string) =>
  expectOk(await getKeyMetadata(story.context, await story.as('alice'), id));

const digestIn = ({ text }: Answered) => /name="lossDigest" value="([0-9a-f]{64})"/.exec(text)?.[1] ?? '';

async function open(dualAuthorization = true): Promise<void> {
  story = await openStory({ dualAuthorization });
  app = createApp(story.context);
}

async function use(key: Key, preventKeyDeletion = false): Promise<string> {
  const { caller } = await newService(story.context, await story.as('alice'));
  const resourceCrn = crnOf('bucket');
  const name = { idOrAlias: key.id, resourceCrn };
  expectOk(await registerResource(story.context, caller, name, { preventKeyDeletion }));
  return resourceCrn;
}

describe('the list of keys', () => {
  beforeEach(() => open());
  afterEach(() => story.close());

  const names = ({ text }: Answered) =>
    [...text.matchAll(/<a href="\/keys\/[0-9a-f-]{36}"><bdi>([^<]*)<\/bdi>/g)].map(([, name]) => name);

  it('is narrowed by name, alias, kind, state, ring and time, and pages', async () => {
    expectOk(await createKeyRing(story.context, await story.as('alice'), 'vault'));
    await story.newKey({ name: 'payroll', aliases: ['salaries'] });
    await story.newKey({ name: 'standard one', extractable: true });
    for (let made = 0; made < 51; made += 1) {
      await story.clock.advance(1_000);
      await story.newKey({ name: `ledger ${String(made).padStart(2, '0')}` });
    }
    const rita = await as('rita');
    const first = await rita.get('/keys');
    expect(names(first)).toHaveLength(50);
    expect(names(first)[0]).toBe('ledger 50');
    const [, next = ''] = /rel="next" href="([^"]+)"/.exec(first.text) ?? [];
    const rest = names(await rita.get(next.replaceAll('&amp;', '&')));
    expect([rest[0], new Set(rest)]).toEqual([
      'ledger 00',
      new Set(['ledger 00', 'standard one', 'payroll']),
    ]);
    expect(names(await rita.get('/keys?search=SALAR'))).toEqual(['payroll']);
    expect(names(await rita.get('/keys?kind=standard'))).toEqual(['standard one']);
    expect(names(await rita.get('/keys?ring=vault'))).toEqual([]);
    expect(names(await rita.get('/keys?state=5'))).toEqual([]);
    expect(names(await rita.get('/keys?to=2001-01-01'))).toEqual([]);
    expect(names(await rita.get('/keys?sort=oldest&search=ledger'))[0]).toBe('ledger 00');
  });

  it('says what cannot be read of its address, marks what is set for deletion, and shows hostile names as text', async () => {
    const rita = await as('rita');
    const key = await story.newKey({ name: '<script>alert(1)</script>', description: '"><img src=x>' });
    expectOk(await setKeyForDeletion(story.context, await story.as('wendy'), key.id, {}));
    for (const path of ['/keys', `/keys/${key.id}`, `/keys?search=${encodeURIComponent('"><script>')}`]) {
      const { text } = await rita.get(path);
      expect(text.includes('<script>alert') || text.includes('<img') || text.includes('"><script>')).toBe(
        false,
      );
    }
    expect((await rita.get('/keys')).text).toContain('set for deletion');
    const wrong = await rita.get('/keys?from=yesterday');
    expect([wrong.status, wrong.text.includes('id="from-error"')]).toEqual([422, true]);
    expect((await rita.get('/keys?after=-1&state=9&sort=__proto__&kind=x')).status).toBe(200);
  });
});

describe('a new key', () => {
  beforeEach(() => open(false));
  afterEach(() => story.close());

  const made = async () =>
    expectOk(
      await listKeys(story.context, await story.as('alice'), {
        states: [1],
        filter: [],
        sort: [],
        limit: 10,
        offset: 0,
      }),
    ).keys;

  it('is made as the form says, and asks for two people where the box is ticked', async () => {
    const wendy = await as('wendy');
    expect((await wendy.get('/new-key')).text).toMatch(/name="twoPeople"[^>]* checked/);
    const { status, location } = await wendy.post('/new-key', {
      name: 'payroll',
      kind: 'root',
      description: 'salaries of all',
      aliases: 'salaries, wages',
      ring: 'default',
      twoPeople: 'true',
    });
    const [key] = await made();
    expect([status, location]).toEqual([303, `/keys/${key?.id}?notice=key-created`]);
    expect(key).toMatchObject({
      extractable: false,
      description: 'salaries of all',
      aliases: ['salaries', 'wages'],
    });
    expect(key && needsTwoPeople(key)).toBe(true);
    expect((await wendy.get(location)).text).toContain('The key is created.');
  });

  it.each([
    [{ name: 'x' }, 'name'],
    [{ name: 'turned \u202e round' }, 'name'],
    [{ aliases: 'a b c d e f' }, 'aliases'],
    [{ aliases: '<i>' }, 'aliases'],
    [{ description: 'y' }, 'description'],
    [{ kind: 'other' }, 'kind'],
    [{ ring: 'nowhere' }, 'ring'],
  ])('is not made of %j, and the form says why beside %s', async (fields, field) => {
    const wendy = await as('wendy');
    const sent = { name: 'payroll', kind: 'root', ...fields };
    const { status, text } = await wendy.post('/new-key', sent);
    expect([status, text.includes(`id="${field}-error"`)]).toEqual([422, true]);
    expect(await made()).toEqual([]);
  });

  it('does not take an alias of another key', async () => {
    await story.newKey({ name: 'first', aliases: ['salaries'] });
    const { status, text } = await (await as('wendy')).post('/new-key', {
      name: 'second',
      kind: 'root',
      aliases: 'salaries',
    });
    expect([status, text.includes('id="aliases-error"')]).toEqual([422, true]);
    expect(text).toContain('value="second"');
  });
});

describe('the page of a key', () => {
  beforeEach(() => open(false));
  afterEach(() => story.close());

  it('offers what its reader may do, and does it', async () => {
    const key = await story.newKey();
    expect((await (await as('rita')).get(`/keys/${key.id}`)).text).toContain('Nothing at this moment.');
    const alice = await as('alice');
    const deeds = (text: string) =>
      [...text.matchAll(/class="deed" method="post" action="\/keys\/[^/]+\/([a-z-]+)"/g)].map(
        ([, deed]) => deed,
      );
    expect(deeds((await alice.get(`/keys/${key.id}`)).text)).toEqual([
      'rotate',
      'disable',
      'dual-authorization',
    ]);
    for (const [deed, notice] of [
      ['rotate', 'key-rotated'],
      ['disable', 'key-disabled'],
    ] as const) {
      expect((await alice.post(`/keys/${key.id}/${deed}`)).location).toBe(`/keys/${key.id}?notice=${notice}`);
    }
    const early = await alice.post(`/keys/${key.id}/enable`);
    expect([early.status, early.text.includes('30s after')]).toEqual([409, true]);
    await story.clock.advance(31_000);
    expect((await alice.post(`/keys/${key.id}/enable`)).location).toContain('key-enabled');
    expect((await keyNow(key.id)).versions).toHaveLength(2);
    expect((await (await as('wendy')).post(`/keys/${key.id}/disable`)).status).toBe(403);
  });

  it('sets the policy that stays for good only when the box is ticked', async () => {
    const key = await story.newKey();
    const alice = await as('alice');
    const path = `/keys/${key.id}/dual-authorization`;
    const unsure = await alice.post(path);
    expect([unsure.status, unsure.text.includes('id="sure-error"')]).toEqual([422, true]);
    expect(needsTwoPeople(await keyNow(key.id))).toBe(false);
    expect((await alice.post(path, { sure: 'true' })).location).toContain('two-people-needed');
    expect(needsTwoPeople(await keyNow(key.id))).toBe(true);
  });

  it('restores a destroyed key', async () => {
    const key = await story.newKey();
    const alice = await as('alice');
    const lossDigest = digestIn(await alice.get(`/keys/${key.id}/delete`));
    await alice.post(`/keys/${key.id}/destroy`, { lossDigest, confirm: confirmationOf(key.id) });
    await story.clock.advance(31_000);
    expect((await alice.get(`/keys/${key.id}`)).text).toContain('What was lost with it');
    expect((await alice.post(`/keys/${key.id}/restore`)).location).toContain('key-restored');
    expect((await keyNow(key.id)).state).toBe(1);
  });

  it('is not there for a key that is none', async () => {
    const alice = await as('alice');
    for (const path of ['/keys/nothing', '/keys/nothing/delete', '/keys/%ff']) {
      expect([path, (await alice.get(path)).status]).toEqual([path, 404]);
    }
  });
});

describe('asking for a deletion', () => {
  beforeEach(() => open());
  afterEach(() => story.close());

  const authorizationOf = async (key: Key) =>
    readAuthorization(story.context, await story.as('alice'), key.id);

  it('shows what would be lost, what uses it, and who could approve, and records reason and ticket', async () => {
    const key = await story.newKey({ name: 'payroll' });
    const resourceCrn = await use(key, true);
    const wendy = await as('wendy');
    const shown = await wendy.get(`/keys/${key.id}/delete`);
    for (const said of [resourceCrn, 'retention policy', 'alice@example.com', 'bob@example.com']) {
      expect(shown.text).toContain(said);
    }
    expect(shown.text).toContain('<strong>One resource uses it, and would be inaccessible.</strong>');
    const fields = { lossDigest: digestIn(shown), reason: 'it moved', ticket: 'OPS-7' };
    const answers = await Promise.all([1, 2].map(() => wendy.post(`/keys/${key.id}/delete`, fields)));
    const { authorization } = expectOk(await authorizationOf(key));
    const there = `/authorizations/${key.id}/${authorization.id}?notice=deletion-asked`;
    expect(answers.map(({ location }) => location)).toEqual([there, there]);
    expect(authorization).toMatchObject({
      status: 'pending',
      lossDigest: fields.lossDigest,
      manifest: { reason: 'it moved', ticket: 'OPS-7' },
    });
  });

  it('records nothing when what would be lost has changed since it was shown, and shows it again', async () => {
    const key = await story.newKey();
    const wendy = await as('wendy');
    const before = digestIn(await wendy.get(`/keys/${key.id}/delete`));
    expectOk(await rotateKey(story.context, await story.as('alice'), key.id, {}));
    const sent = { lossDigest: before, reason: 'it <i>moved</i>' };
    const { status, text, ...rest } = await wendy.post(`/keys/${key.id}/delete`, sent);
    expect(status).toBe(409);
    expect(text).toContain('What would be lost has changed since you looked.');
    expect(text).toContain('2 versions');
    expect(text).toContain('it &lt;i&gt;moved&lt;/i&gt;');
    expect((await authorizationOf(key)).ok).toBe(false);
    const lossDigest = digestIn({ status, text, ...rest });
    expect(lossDigest).not.toBe(before);
    expect((await wendy.post(`/keys/${key.id}/delete`, { ...sent, lossDigest })).status).toBe(303);
  });

  it.each([
    [{ reason: 'x'.repeat(501) }, 'reason'],
    [{ ticket: 'x'.repeat(201) }, 'ticket'],
    [{ reason: 'turned \u202e round' }, 'reason'],
  ])('takes no %j', async (fields, field) => {
    const key = await story.newKey();
    const wendy = await as('wendy');
    const lossDigest = digestIn(await wendy.get(`/keys/${key.id}/delete`));
    const { status, text } = await wendy.post(`/keys/${key.id}/delete`, { lossDigest, ...fields });
    expect([status, text.includes(`id="${field}-error"`)]).toEqual([422, true]);
    expect((await authorizationOf(key)).ok).toBe(false);
  });

  it('offers no form where it would be refused, and says why', async () => {
    const key = await story.newKey();
    const alice = await as('alice');
    await alice.post(`/keys/${key.id}/disable`);
    const { text } = await alice.get(`/keys/${key.id}/delete`);
    expect(text).toContain('It cannot be asked for now');
    expect(text).not.toContain('name="lossDigest"');
  });

  it('says of a key that lives elsewhere where, who uses it there, and when it was last used', async () => {
    await story.close();
    const adopted = await openAdopted();
    ({ story } = adopted);
    app = createApp(story.context);
    const { text } = await (await as('wendy')).get(`/keys/${adopted.key.id}/delete`);
    for (const said of ['AWS KMS', 'role/Payroll', 'Last used', 'never']) expect(text).toContain(said);
  });
});

describe('deleting a key that asks for no second person', () => {
  beforeEach(() => open(false));
  afterEach(() => story.close());

  it('is a Manager’s alone, with the end of the key’s id typed, and recorded as the console’s', async () => {
    const key = await story.newKey();
    const [alice, wendy] = [await as('alice'), await as('wendy')];
    expect((await wendy.get(`/keys/${key.id}/delete`)).text).toContain('a Manager deletes it alone');
    const shown = await alice.get(`/keys/${key.id}/delete`);
    const lossDigest = digestIn(shown);
    const path = `/keys/${key.id}/destroy`;
    expect((await wendy.post(path, { lossDigest, confirm: confirmationOf(key.id) })).status).toBe(403);
    const wrong = await alice.post(path, { lossDigest, confirm: '000000' });
    expect([wrong.status, wrong.text.includes('id="confirm-error"')]).toEqual([422, true]);
    const stale = await alice.post(path, { lossDigest: 'a'.repeat(64), confirm: confirmationOf(key.id) });
    expect([stale.status, (await keyNow(key.id)).state]).toEqual([409, 1]);
    const done = await alice.post(path, { lossDigest, confirm: confirmationOf(key.id) });
    expect((await keyNow(key.id)).state).toBe(5);
    expect((await alice.get(done.location)).text).toContain('The key is destroyed');
    const { authorization } = expectOk(
      await readAuthorization(story.context, await story.as('alice'), key.id),
    );
    expect(authorization).toMatchObject({ twoPeople: false, decidedThrough: 'console' });
  });

  it('asks for the box where resources use the key', async () => {
    const key = await story.newKey();
    await use(key);
    const alice = await as('alice');
    const lossDigest = digestIn(await alice.get(`/keys/${key.id}/delete`));
    const fields = { lossDigest, confirm: confirmationOf(key.id) };
    const unforced = await alice.post(`/keys/${key.id}/destroy`, fields);
    expect([unforced.status, unforced.text.includes('id="force-error"')]).toEqual([422, true]);
    expect((await alice.post(`/keys/${key.id}/destroy`, { ...fields, force: 'true' })).status).toBe(303);
    expect((await keyNow(key.id)).state).toBe(5);
  });

  it('never becomes the second approval of a request that came in between', async () => {
    const key = await story.newKey();
    const alice = await as('alice');
    const lossDigest = digestIn(await alice.get(`/keys/${key.id}/delete`));
    expectOk(await putKeyPolicies(story.context, await story.as('bob'), key.id, { dualAuthDelete: true }));
    expectOk(await setKeyForDeletion(story.context, await story.as('wendy'), key.id, {}));
    const { status, text } = await alice.post(`/keys/${key.id}/destroy`, {
      lossDigest,
      confirm: confirmationOf(key.id),
    });
    expect(status).toBe(409);
    expect(text).toContain('It is asked for already');
    expect((await keyNow(key.id)).state).toBe(1);
  });
});
