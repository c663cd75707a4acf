import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setKeyForDeletion } from '../../../lib/operations/set-key-for-deletion.ts';
import { expectOk } from '../../support/story.ts';
import { hasChromium } from '../chromium.ts';
import { type Browse, browseConsole, DESKTOP, PHONE } from './browse.ts';

describe.skipIf(!hasChromium)('the console, in a browser', () => {
  let browse: Browse;

  beforeAll(async () => {
    browse = await browseConsole();
    const { story } = browse;
    const { id } = await story.newKey({ name: 'Payroll backups of all branches, since the beginning' });
    expectOk(await setKeyForDeletion(story.context, await story.as('wendy'), id, {}));
    await story.waiting(id, 'pending');
  });
  afterAll(() => browse?.close());

  it.each([
    [PHONE, true, 'light'],
    [PHONE, false, 'dark'],
    [DESKTOP, true, 'dark'],
    [DESKTOP, false, 'light'],
  ] as const)(
    'at %i px with scripts %s in %s: signs in, sees what waits, signs out',
    async (width, javascript, colorScheme) => {
      const { page, axe, overflow, complaints, close } = await browse.openConsole({
        width,
        javascript,
        colorScheme,
      });
      await page.goto('/');
      await page.getByRole('heading', { level: 1, name: 'Sign in to Countersign' }).waitFor();
      expect([await axe(), await overflow()]).toEqual([[], 0]);

      await page.getByLabel('API key').fill('cs_wrong');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('This API key is not valid').waitFor();
      expect(await page.title()).toMatch(/^Error: /);
      expect([await axe(), await page.getByLabel('API key').inputValue()]).toEqual([[], '']);

      await page.getByLabel('API key').fill(browse.story.apiKeys.alice);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('heading', { level: 1, name: 'What waits for you' }).waitFor();
      await page.getByRole('heading', { level: 2, name: 'To decide' }).waitFor();
      expect(await page.getByRole('link', { name: 'Payroll backups' }).getAttribute('href')).toMatch(
        /^\/authorizations\/[0-9a-f-]{36}\/[0-9a-f-]{36}\/decide$/,
      );
      expect([await axe(), await overflow()]).toEqual([[], 0]);
      const heights = await page.$$eval('header button, header a, nav a', (elements) =>
        elements.map((element) => element.getBoundingClientRect().height),
      );
      expect(Math.min(...heights)).toBeGreaterThanOrEqual(44);

      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByText('You have signed out.').waitFor();
      expect(await axe()).toEqual([]);
      await page.goto('/');
      await page.getByRole('heading', { level: 1, name: 'Sign in to Countersign' }).waitFor();
      expect(complaints).toEqual([]);
      await close();
    },
  );

  it('does not scroll sideways on the smallest phone, and leads past its head with one key', async () => {
    const { page, overflow, close } = await browse.openConsole({ width: 320, as: 'alice' });
    expect(await overflow()).toBe(0);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('main');
    await close();
  });

  it('shows times in the zone of the reader with scripts, and keeps UTC beside them', async () => {
    const { page, close } = await browse.openConsole({ width: DESKTOP, as: 'alice' });
    const time = page.locator('time').first();
    expect(await time.textContent()).toMatch(/\(.+\)$/);
    expect(await time.getAttribute('title')).toMatch(/UTC$/);
    await close();
  });

  it('looks again by itself, and shows what has come to wait meanwhile', async () => {
    const { page, complaints, close } = await browse.openConsole({ width: DESKTOP, as: 'bob' });
    await page.clock.install();
    await page.reload();
    const { story } = browse;
    const { id } = await story.newKey({ name: 'Second key' });
    expectOk(await setKeyForDeletion(story.context, await story.as('wendy'), id, {}));
    await page.getByRole('link', { name: 'Second key' }).waitFor({ state: 'detached' });
    await page.clock.fastForward(61_000);
    await page.getByRole('link', { name: 'Second key' }).waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('a cookie of the loopback trial cannot be read by a script, and does not go to other sites’ forms', async () => {
    const { page, close } = await browse.openConsole({ width: DESKTOP, as: 'alice' });
    expect(await page.evaluate('document.cookie')).toBe('');
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({
      name: 'countersign-local',
      httpOnly: true,
      sameSite: 'Lax',
      path: '/',
      secure: false,
      expires: -1,
    });
    await close();
  });
});
