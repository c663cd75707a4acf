import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listPeople } from '../../../lib/operations/people.ts';
import { setKeyForDeletion } from '../../../lib/operations/set-key-for-deletion.ts';
import { expectOk } from '../../support/story.ts';
import { hasChromium } from '../chromium.ts';
import { type Browse, browseConsole, DESKTOP, PHONE, type Tab } from './browse.ts';

describe.skipIf(!hasChromium)('the operator’s pages, in a browser', () => {
  let browse: Browse;
  beforeAll(async () => {
    browse = await browseConsole();
    const { story } = browse;
    const { id } = await story.newKey({ name: 'Payroll backups of all branches' });
    expectOk(await setKeyForDeletion(story.context, await story.as('wendy'), id, {}));
    await story.waiting(id, 'pending');
  });
  afterAll(() => browse?.close());

  const looksWell = async ({ axe, overflow, page }: Tab) =>
    expect([new URL(page.url()).pathname, await axe(), await overflow()]).toEqual([expect.anything(), [], 0]);
  const heading = (page: Page, name: string | RegExp) =>
    page.getByRole('heading', { level: 1, name }).waitFor();
  const managers = async () => {
    const people = expectOk(await listPeople(browse.story.context, await browse.story.as('alice')));
    return people.filter(({ roles }) => roles.Manager !== undefined).map(({ email }) => email);
  };

  it.each([
    [PHONE, true],
    [DESKTOP, false],
  ] as const)(
    'at %i px with scripts %s: one asks for a new Manager, and the other approves',
    async (width, javascript) => {
      const email = `mona${width}${javascript}@example.com`;
      const alice = await browse.openConsole({ width, javascript, as: 'alice' });
      const { page } = alice;
      await page.getByRole('link', { name: 'People' }).click();
      await page.getByRole('link', { name: 'Add a person' }).click();
      await page.getByRole('button', { name: 'Add a person' }).click();
      await page.getByRole('link', { name: 'Enter an e-mail address' }).waitFor();
      await looksWell(alice);
      await page.getByLabel('E-mail address').fill(email);
      await page.getByRole('checkbox', { name: 'Manager' }).check();
      await page.getByLabel('Reason').fill('night shift');
      await page.getByRole('button', { name: 'Add a person' }).click();
      await page.getByText('Not everything yet').waitFor();
      await page.getByRole('link', { name: 'Look at the change request' }).click();
      await page.getByText('You cannot approve it.').waitFor();
      await looksWell(alice);
      expect(await managers()).not.toContain(email);

      const bob = await browse.openConsole({ width, javascript, as: 'bob' });
      await bob.page.getByRole('link', { name: 'Change requests' }).click();
      await bob.page.getByRole('link', { name: `Change of ${email}` }).click();
      await bob.page.getByText('night shift').waitFor();
      await bob.page.getByLabel('Whom it is about').fill(email);
      await bob.page.getByRole('button', { name: 'Approve' }).click();
      await bob.page.getByText('You approved it, and it is done.').waitFor();
      await looksWell(bob);
      expect(await managers()).toContain(email);

      await page.getByRole('link', { name: 'People' }).click();
      await page.getByRole('link', { name: email }).click();
      await page.getByRole('link', { name: 'Remove them' }).click();
      await heading(page, `Remove “${email}”?`);
      await looksWell(alice);
      await page.getByRole('button', { name: 'Remove them' }).click();
      await page.getByText('They are removed.').waitFor();
      expect(await managers()).not.toContain(email);
      expect([...alice.complaints, ...bob.complaints]).toEqual([]);
      await Promise.all([alice.close(), bob.close()]);
    },
  );

  it.each([
    [PHONE, false, 'light'],
    [DESKTOP, true, 'dark'],
  ] as const)(
    'have no fault of accessibility and fit, %i px, scripts %s, %s',
    async (width, javascript, colorScheme) => {
      const alice = await browse.openConsole({ width, javascript, colorScheme, as: 'alice' });
      const { page, complaints, close } = alice;
      const paths = [
        '/people',
        '/new-person?kind=service',
        '/settings',
        '/mails',
        '/waiting',
        '/health',
        '/drills',
        '/change-requests?status=approved',
        '/api-keys',
      ];
      for (const path of paths) {
        await page.goto(path);
        await looksWell(alice);
      }
      await page.getByRole('button', { name: 'Make an API key' }).click();
      await heading(page, 'Your new API key');
      await looksWell(alice);
      await page.getByRole('link', { name: 'Back to your API keys' }).click();
      await page
        .getByRole('link', { name: /^Revoke the API key/ })
        .last()
        .click();
      await looksWell(alice);
      await page.getByRole('button', { name: 'Revoke it' }).click();
      await page.getByText('The API key opens nothing any more.').waitFor();
      await page.goto('/people');
      await page.getByRole('link', { name: 'wendy@example.com' }).click();
      await looksWell(alice);
      expect(complaints).toEqual([]);
      await close();
    },
  );

  it('do not scroll sideways on the smallest phone, and show a drill’s report', async () => {
    const { page, axe, overflow, close } = await browse.openConsole({ width: 320, as: 'alice' });
    for (const path of ['/people', '/settings', '/waiting', '/mails', '/health']) {
      await page.goto(path);
      expect([path, await overflow()]).toEqual([path, 0]);
    }
    await page.goto('/drills');
    await page.getByRole('button', { name: 'Mail every Manager' }).click();
    await page.getByText('The drill has begun').waitFor();
    expect([await axe(), await overflow()]).toEqual([[], 0]);
    await close();
  });
});
