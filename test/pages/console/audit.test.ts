import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Status } from '../../../lib/domain/authorization.ts';
import { DAY, SECOND } from '../../../lib/domain/time.ts';
import { createApp } from '../../../lib/http/app.ts';
import { deleteKey } from '../../../lib/operations/delete-key.ts';
import { denyDeletion } from '../../../lib/operations/deny-deletion.ts';
import { keyHistory } from '../../../lib/operations/history.ts';
import { reauthorizeDeletion } from '../../../lib/operations/reauthorize-deletion.ts';
import { setKeyForDeletion } from '../../../lib/operations/set-key-for-deletion.ts';
import { sweep } from '../../../lib/operations/sweep.ts';
import { expectOk, openStory, type Story } from '../../support/story.ts';
import { hasChromium } from '../chromium.ts';
import { type Browse, browseConsole, DESKTOP, PHONE } from './browse.ts';
import { type Visitor, visitor } from './visitor.ts';

/** A key that was deleted in its second round, and one whose deletion waits. */
async function livedThrough(story: Story) {
  const { context } = story;
  const asked = async (name: string, reason: string) => {
    const key = await story.newKey({ name });
    expectOk(await setKeyForDeletion(context, await story.as('wendy'), key.id, { reason, ticket: 'OPS-1' }));
    await story.waiting(key.id, 'pending');
    return key.id;
  };
  const deleted = await asked('payroll', 'replaced in May');
  await story.pass((7 * DAY) / SECOND + 60);
  await story.waiting(deleted, 'lapsed');
  expectOk(await reauthorizeDeletion(context, await story.as('wendy'), deleted, {}));
  await story.waiting(deleted, 'pending');
  expectOk(await deleteKey(context, await story.as('alice'), deleted, {}));
  await story.settle();
  await sweep(context);
  const waiting = await asked('card vault', 'moved');
  const idOf = async (key: string) =>
    expectOk(await keyHistory(context, await story.as('rita'), key, { limit: 1 })).authorizations[0]?.id ??
    '';
  return {
    deleted: `/authorizations/${deleted}/${await idOf(deleted)}`,
    waiting: `/authorizations/${waiting}/${await idOf(waiting)}`,
  };
}

type Lived = Awaited<ReturnType<typeof livedThrough>>;

describe.skipIf(!hasChromium)('the auditor’s pages, in a browser', () => {
  let browse: Browse;
  let lived: Lived;
  beforeAll(async () => {
    browse = await browseConsole();
    lived = await livedThrough(browse.story);
  });
  afterAll(() => browse?.close());

  it.each([
    [PHONE, true, 'light', 'every page'],
    [PHONE, false, 'dark', 'one authorization'],
    [DESKTOP, true, 'dark', 'one authorization'],
    [DESKTOP, false, 'light', 'every page'],
  ] as const)(
    'fit and have no fault of accessibility, %i wide, scripts %s, %s: %s',
    async (width, javascript, colorScheme, which) => {
      const tab = await browse.openConsole({ width, javascript, colorScheme, as: 'rita' });
      const { page } = tab;
      const all = ['/authorizations', lived.deleted, `${lived.deleted}/evidence`, lived.waiting];
      for (const path of which === 'every page' ? all : [lived.deleted]) {
        await page.goto(path);
        expect(await tab.axe(), path).toEqual([]);
        expect(await tab.overflow(), path).toBe(0);
      }
      expect(tab.complaints).toEqual([]);
      await tab.close();
    },
  );

  it('lead from the list, narrowed by its filters, to one authorization and its evidence', async () => {
    const tab = await browse.openConsole({ width: PHONE, javascript: false, as: 'rita' });
    const { page } = tab;
    await page.goto('/authorizations');
    expect(await page.getByRole('row').count()).toBe(3);
    await page.getByLabel('State').selectOption({ label: 'key destroyed' });
    await page.getByLabel('Approved by').selectOption({ label: 'alice@example.com' });
    await page.getByRole('button', { name: 'Show' }).click();
    expect(await page.getByRole('row').count()).toBe(2);
    await page.getByRole('link', { name: 'payroll' }).click();
    expect(new URL(page.url()).pathname).toBe(lived.deleted);
    await page.getByRole('img', { name: 'The way through the workflow' }).waitFor();
    await page.getByRole('link', { name: 'Evidence, to print' }).click();
    await page.getByRole('heading', { name: 'Evidence: deletion of “payroll”' }).waitFor();
    await tab.close();
  });

  it('show each text of the picture within its box', async () => {
    const tab = await browse.openConsole({ width: DESKTOP, as: 'rita' });
    await tab.page.goto(lived.deleted);
    const wide = await tab.page.evaluate<
      readonly string[]
    >(`[...document.querySelectorAll('.graph .state')].filter((g) =>
      g.querySelector('text').getBBox().width > g.querySelector('rect, polygon').getBBox().width - 4).map((g) => g.textContent)`);
    expect(wide).toEqual([]);
    await tab.close();
  });
});

describe('the auditor’s pages', () => {
  let story: Story;
  let lived: Lived;
  let rita: Visitor;
  const signedIn = async (name: keyof Story['apiKeys']): Promise<Visitor> => {
    const app = createApp(story.context);
    const browser = visitor(app);
    await browser.signIn(story.apiKeys[name]);
    return browser;
  };
  beforeAll(async () => {
    story = await openStory();
    lived = await livedThrough(story);
    rita = await signedIn('rita');
  });
  afterAll(() => story.close());

  const textOf = (page: string): string =>
    page.replace(/<style[\s\S]*?<\/style>|<[^>]*>/g, ' ').replace(/\s+/g, ' ');

  it('tell who did what, who could have approved, and the way that was taken', async () => {
    const { status, text } = await rita.get(lived.deleted);
    expect(status).toBe(200);
    const told = textOf(text);
    for (const said of [
      'wendy@example.com authorized its deletion',
      'Countersign closed the window: nobody had approved',
      'wendy@example.com authorized its deletion again',
      'alice@example.com approved the deletion , through the API',
      'alice@example.com deleted the key',
      'Whatever the key encrypted is inaccessible. A Manager can restore the key until',
      'was mailed the request to approve, with a link',
      'What would be lost is the same as in round 1.',
      'bob@example.com',
      'wendy@example.com was not a Manager of the key',
      'Await approval , from',
      'left because of States.Timeout',
    ]) {
      expect(told).toContain(said);
    }
    expect(text).not.toMatch(/ style="/);
  });

  it('say who could have approved at another time, and that nothing had been asked for yet', async () => {
    const early = await rita.get(`${lived.deleted}?at=2000-01-01`);
    expect(textOf(early.text)).toContain('The deletion had not been asked for yet.');
    const wrong = await rita.get(`${lived.deleted}?at=yesterday`);
    expect(wrong.status).toBe(422);
    expect(wrong.text).toContain('This is no time.');
  });

  it('print the digests, the chain’s newest event and the checkpoint that covers it', async () => {
    const { text } = await rita.get(`${lived.deleted}/evidence`);
    const keyId = lived.deleted.split('/')[2] ?? '';
    const { key, events, authorizations } = expectOk(
      await keyHistory(story.context, await story.as('rita'), keyId, { limit: 100 }),
    );
    const told = textOf(text);
    for (const hash of [
      key.auditHash,
      authorizations[0]?.manifestDigest,
      authorizations[0]?.lossDigest,
      events.at(-1)?.hash,
    ]) {
      expect(told).toContain(hash);
    }
    expect(told).toContain('after a destruction');
    expect(told).toContain('countersign audit verify evidence.jsonl --public-key keys.json');
    const open = await rita.get(`${lived.waiting}/evidence`);
    expect(textOf(open.text)).toContain('No checkpoint has been signed yet that covers all of it');
  });

  it('lead whoever may to deciding, withdrawing and asking again, and nobody else', async () => {
    const linksOf = async (name: keyof Story['apiKeys'], path: string) =>
      [
        ...(await (await signedIn(name)).get(path)).text.matchAll(/class="button" href="[^"]*\/([\w-]+)"/g),
      ].map(([, to]) => to);
    expect(await linksOf('rita', lived.waiting)).toEqual([]);
    expect(await linksOf('wendy', lived.waiting)).toEqual(['withdraw']);
    expect(await linksOf('alice', lived.waiting)).toEqual(['decide', 'withdraw']);
    expect(await linksOf('alice', lived.deleted)).toEqual([]);
  });

  it.each(['from=2026-02-30', 'from=2026-02-30%2010:00', 'to=x', 'key=1'])(
    'say what is wrong with the filter %s',
    async (query) => {
      const { status, text } = await rita.get(`/authorizations?${query}`);
      expect(status).toBe(422);
      expect(text).toContain('role="alert"');
    },
  );

  it.each(['/authorizations?after=x', '/authorizations/x/y', '/authorizations/payroll/%E0%A4%A'])(
    'answer %s as an address at which there is nothing',
    async (path) => {
      expect((await rita.get(path)).status).toBe(404);
    },
  );

  // Ids and digests are others each time; everything else in a tag must stay as it is.
  const tagsOf = (page: string): readonly string[] =>
    (page.replace(/<style[\s\S]*?<\/style>|<script[\s\S]*?<\/script>/g, '').match(/<[^>]*>/g) ?? []).map(
      (tag) => tag.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '(id)').replace(/datetime="[^"]*"/, 'datetime'),
    );
  async function deniedWith(text: { name: string; reason: string; ticket: string; note: string }) {
    const { id } = await story.newKey({ name: text.name });
    expectOk(await setKeyForDeletion(story.context, await story.as('wendy'), id, text));
    await story.waiting(id, 'pending');
    expectOk(await denyDeletion(story.context, await story.as('alice'), id, { note: text.note }));
    await story.settle();
    const found = expectOk(await keyHistory(story.context, await story.as('rita'), id, { limit: 1 }));
    return { id, path: `/authorizations/${id}/${found.authorizations[0]?.id}` };
  }

  it('keep their tags whatever anybody typed into a name, a reason, a ticket or a note', async () => {
    const HOSTILE = `</title></style></svg><script>alert(1)</script>" onfocus='x' \u202egnp\u2066<!--`;
    // With a word as long: those are allowed to break.
    const PLAIN = 'plain'.repeat(12);
    const plain = { name: PLAIN, reason: PLAIN, ticket: PLAIN, note: PLAIN };
    const benign = await deniedWith(plain);
    const hostile = await deniedWith({ name: HOSTILE, reason: HOSTILE, ticket: HOSTILE, note: HOSTILE });
    for (const path of ['', '/evidence']) {
      const [expected, shown] = [
        await rita.get(`${benign.path}${path}`),
        await rita.get(`${hostile.path}${path}`),
      ];
      expect(tagsOf(shown.text)).toEqual(tagsOf(expected.text));
      expect(shown.text).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    }
    const [expected, shown] = [
      await rita.get(`/authorizations?key=${benign.id}`),
      await rita.get(`/authorizations?key=${hostile.id}`),
    ];
    expect(tagsOf(shown.text)).toEqual(tagsOf(expected.text));
  });

  it('can be narrowed to every status that there is', async () => {
    const { text } = await rita.get('/authorizations');
    const [, options = ''] = /<select id="status"[^>]*>([\s\S]*?)<\/select>/.exec(text) ?? [];
    const offered = [...options.matchAll(/<option value="([^"]+)"/g)].map(([, value]) => value);
    // Where one is left out, or is none, this is an error of types.
    const statuses: { readonly [status in Status]: true } = {
      pending: true,
      lapsed: true,
      drifted: true,
      approved: true,
      destroying: true,
      consumed: true,
      denied: true,
      withdrawn: true,
      expired: true,
      superseded: true,
      void: true,
      refused: true,
    };
    expect(offered).toEqual(Object.keys(statuses));
  });

  it('page by page show each authorization once', async () => {
    for (let i = 0; i < 50; i += 1) {
      const key = await story.newKey({ name: `key ${i}` });
      expectOk(await setKeyForDeletion(story.context, await story.as('wendy'), key.id, {}));
    }
    const found: string[] = [];
    let path = '/authorizations';
    while (path !== '') {
      const { text } = await rita.get(path);
      found.push(
        ...[...text.matchAll(/<th role="rowheader"[^>]*><a href="([^"]*)"/g)].map(([, to = '']) => to),
      );
      path = /rel="next" href="([^"]*)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    }
    expect(found).toHaveLength(54);
    expect(new Set(found).size).toBe(54);
  });
});
