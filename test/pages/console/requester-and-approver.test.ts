import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { confirmationOf } from '../../../lib/domain/key.ts';
import { getKeyMetadata } from '../../../lib/operations/read-keys.ts';
import { registerResource } from '../../../lib/operations/registrations.ts';
import { rotateKey } from '../../../lib/operations/rotate-key.ts';
import { crnOf } from '../../domain/registrations.ts';
import { newService } from '../../support/services.ts';
import { expectOk, WINDOW } from '../../support/story.ts';
import { hasChromium } from '../chromium.ts';
import { type Browse, browseConsole, DESKTOP, PHONE, type Tab } from './browse.ts';

const LONG = 'Payroll backups of all branches, since the beginning of the company';

describe.skipIf(!hasChromium)('the pages of requesters and approvers, in a browser', () => {
  let browse: Browse;
  beforeAll(async () => {
    browse = await browseConsole();
  });
  afterAll(() => browse?.close());

  /** A key that a resource uses. */
  async function newKey(name: string): Promise<string> {
    const { story } = browse;
    const { id } = await story.newKey({ name });
    const { caller } = await newService(story.context, await story.as('alice'), `service ${name}`);
    const resource = { idOrAlias: id, resourceCrn: crnOf('invoices') };
    expectOk(await registerResource(story.context, caller, resource, { preventKeyDeletion: false }));
    return id;
  }

  const stateOf = async (id: string) =>
    expectOk(await getKeyMetadata(browse.story.context, await browse.story.as('alice'), id)).state;

  /** What a page must be, wherever a journey comes by. */
  async function faultless(tab: Tab, heading: string | RegExp, deeply = true): Promise<void> {
    await tab.page.getByRole('heading', { level: 1, name: heading }).waitFor();
    if (process.env.SCREENSHOTS !== undefined) {
      const name = tab.page.url().replaceAll(/^.*?\/\/[^/]*\/|[0-9a-f]{4}-[0-9a-f-]*|\W+/g, '-');
      const { width } = tab.page.viewportSize() ?? { width: 0 };
      await tab.page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}-${width}.png`, fullPage: true });
    }
    expect([tab.page.url(), deeply ? await tab.axe() : [], await tab.overflow(), tab.complaints]).toEqual([
      tab.page.url(),
      [],
      0,
      [],
    ]);
  }

  it.each([
    [PHONE, true, 'light', 'every fault'],
    [PHONE, false, 'dark', 'the width'],
    [DESKTOP, true, 'light', 'the width'],
    [DESKTOP, false, 'dark', 'every fault'],
  ] as const)(
    'at %i px with scripts %s in %s, looking for %s: one asks after the dry run, the other approves',
    async (width, javascript, colorScheme, which) => {
      const deeply = which === 'every fault';
      const name = `${LONG} ${width} ${javascript}`;
      const id = await newKey(name);
      const wendy = await browse.openConsole({ width, javascript, colorScheme, as: 'wendy' });
      await wendy.page.goto('/keys');
      await faultless(wendy, 'Keys', deeply);
      await wendy.page.getByRole('link', { name }).click();
      await faultless(wendy, name, deeply);
      await wendy.page.getByRole('link', { name: 'Delete the key …' }).click();
      await faultless(wendy, `Delete the key “${name}”`, deeply);
      await wendy.page.getByText('One resource uses it, and would be inaccessible.').waitFor();
      await wendy.page.getByLabel('Reason').fill('the vault moved');
      await wendy.page.getByLabel('Ticket').fill('OPS-7');
      await wendy.page.getByRole('button', { name: 'Ask for the deletion' }).click();
      await wendy.page.getByText('You asked for the deletion.').waitFor();
      await wendy.close();

      const bob = await browse.openConsole({ width, javascript, colorScheme, as: 'bob' });
      await bob.page.getByText('root key of 1 version, used by 1 resource').first().waitFor();
      await bob.page.getByRole('link', { name }).click();
      await faultless(bob, `Delete the key “${name}”?`, deeply);
      await bob.page.getByText('the vault moved').waitFor();
      await bob.page.getByLabel('Last 6 characters of the key id').fill(confirmationOf(id));
      await bob.page.getByRole('button', { name: 'Approve and destroy the key' }).click();
      await bob.page.getByText('you have not said that it is to be destroyed all the same').first().waitFor();
      await faultless(bob, `Delete the key “${name}”?`, deeply);
      await bob.page.getByLabel('Destroy the key although one resource uses it').check();
      await bob.page.getByLabel('Last 6 characters of the key id').fill(confirmationOf(id));
      await bob.page.getByRole('button', { name: 'Approve and destroy the key' }).click();
      await faultless(bob, 'The key is destroyed', deeply);
      expect(await stateOf(id)).toBe(5);
      await bob.close();
    },
  );

  it('one creates a key, asks for its deletion and withdraws it; nothing is left to decide', async () => {
    const tab = await browse.openConsole({ width: PHONE, as: 'wendy' });
    const { page } = tab;
    await page.goto('/new-key');
    await faultless(tab, 'Create a key');
    await page.getByLabel('Name').fill('card vault');
    await page.getByRole('button', { name: 'Create the key' }).click();
    await page.getByText('The key is created.').waitFor();
    await page.getByRole('link', { name: 'Delete the key …' }).click();
    await page.getByRole('button', { name: 'Ask for the deletion' }).click();
    await page.getByRole('link', { name: 'Withdraw' }).click();
    await faultless(tab, 'Withdraw the deletion of “card vault”?');
    await page.getByLabel('Note').fill('a mistake');
    await page.getByRole('button', { name: 'Withdraw the request' }).click();
    await page.getByText('The request is withdrawn. The key stays.').waitFor();
    const id = /authorizations\/([0-9a-f-]{36})/.exec(page.url())?.[1] ?? '';
    expect(await stateOf(id)).toBe(1);
    await tab.close();
  });

  it('what changed while somebody looked is shown before anything is recorded; a Manager denies it then', async () => {
    const { story } = browse;
    const { id } = await story.newKey({ name: 'ledger' });
    const wendy = await browse.openConsole({ width: DESKTOP, javascript: false, as: 'wendy' });
    await wendy.page.goto(`/keys/${id}/delete`);
    expectOk(await rotateKey(story.context, await story.as('alice'), id, {}));
    await wendy.page.getByLabel('Reason').fill('retired');
    await wendy.page.getByRole('button', { name: 'Ask for the deletion' }).click();
    await wendy.page.getByText('What would be lost has changed since you looked.').waitFor();
    await faultless(wendy, 'Delete the key “ledger”');
    expect(await wendy.page.getByLabel('Reason').inputValue()).toBe('retired');
    await wendy.page.getByRole('button', { name: 'Ask for the deletion' }).click();
    await wendy.page.getByText('You asked for the deletion.').waitFor();
    await wendy.close();

    const alice = await browse.openConsole({ width: PHONE, javascript: false, as: 'alice' });
    await alice.page.getByRole('link', { name: 'ledger' }).click();
    await alice.page.getByLabel('Last 6 characters of the key id').fill(confirmationOf(id));
    await alice.page.getByLabel('Note').fill('still in use');
    await alice.page.getByRole('button', { name: 'Deny and keep the key' }).click();
    await faultless(alice, 'Denied');
    await alice.page.getByText('still in use').waitFor();
    expect(await stateOf(id)).toBe(1);
    await alice.close();
  });

  it('nobody approves their own request, and one whose window has closed is asked for again', async () => {
    const { story } = browse;
    const { id } = await story.newKey({ name: 'archive' });
    const before = await browse.openConsole({ width: DESKTOP, as: 'bob' });
    await before.page.goto(`/keys/${id}/delete`);
    await before.page.getByRole('button', { name: 'Ask for the deletion' }).click();
    await before.page.getByText('You asked for the deletion.').waitFor();
    await before.page.goto(`${new URL(before.page.url()).pathname}/decide`);
    await before.page.getByText('You asked for this deletion yourself.').waitFor();
    await faultless(before, 'Waiting for a decision');
    await before.close();

    await story.waiting(id, 'pending');
    await story.pass(WINDOW + 60);
    await story.waiting(id, 'lapsed');
    const after = await browse.openConsole({ width: PHONE, as: 'bob' });
    await after.page.getByRole('heading', { level: 2, name: 'To ask for again' }).waitFor();
    await after.page.getByRole('link', { name: 'archive' }).click();
    await faultless(after, 'Ask again to delete the key “archive”?');
    await after.page.getByRole('button', { name: 'Ask again for the deletion' }).click();
    await after.page.getByText('You asked for the deletion again.').waitFor();
    await after.close();
  });
});
