import type { Hono } from 'hono';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oidcIdentity } from '../../../lib/adapters/oidc/identity.ts';
import { confirmationOf } from '../../../lib/domain/key.ts';
import { createApp } from '../../../lib/http/app.ts';
import { sendClaim } from '../../../lib/operations/claims.ts';
import { loadKey } from '../../../lib/operations/records/key.ts';
import { setKeyForDeletion } from '../../../lib/operations/set-key-for-deletion.ts';
import { CLIENT, CLIENT_SECRET, type Issuer, openIssuer } from '../../support/oidc-issuer.ts';
import { type ServedApp, serveApp } from '../../support/served-app.ts';
import { expectOk, openStory, type Story } from '../../support/story.ts';
import { hasChromium, openChromium } from '../chromium.ts';
import { type Look, openTab, PHONE, type Tab } from './browse.ts';

let story: Story;
let issuer: Issuer;
let server: ServedApp;
let browser: Browser;

describe.skipIf(!hasChromium)('signing in at an issuer, in a browser', () => {
  beforeAll(async () => {
    story = await openStory();
    let app: Hono | undefined;
    const later = { fetch: (request: Request, env: object) => app?.fetch(request, env) };
    server = await serveApp(later as unknown as Hono);
    issuer = await openIssuer([`${server.url}/sign-in/callback`]);
    const options = {
      issuer: issuer.url,
      clientId: CLIENT,
      clientSecret: CLIENT_SECRET,
      label: 'Example SSO',
    };
    const identity = oidcIdentity(options, { clock: { now: Date.now }, log: story.context.log });
    const settings = { ...story.context.settings, publicUrl: server.url };
    app = createApp({ ...story.context, identity, settings });
    browser = await openChromium();
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
    await issuer.close();
    await story.close();
  });

  const open = (look: Omit<Look, 'width'>): Promise<Tab> =>
    openTab({ story, server, browser }, { width: PHONE, ...look });

  async function faultless(tab: Tab, heading: string) {
    await tab.page.getByRole('heading', { level: 1, name: heading }).waitFor();
    expect(await tab.axe()).toEqual([]);
    expect(await tab.overflow()).toBe(0);
  }

  async function atIssuer({ page }: Tab, account: string) {
    await page.getByRole('heading', { name: 'Example SSO' }).waitFor();
    await page.getByLabel('Account').fill(account);
    await page.getByRole('button', { name: 'Continue' }).click();
  }

  const link = async () => {
    expectOk(await sendClaim(story.context, await story.as('alice'), 'bob@example.com'));
    await story.sweep();
    const mail = story.mails.findLast(({ to, text }) => to === 'bob@example.com' && text.includes('/claim/'));
    return /\/claim\/[\w-]{43}/.exec(mail?.text ?? '')?.[0] ?? '';
  };

  it('at phone width without scripts: somebody binds their account by the mailed link, signs in with it and approves', async () => {
    const look = { javascript: false, colorScheme: 'dark' } as const;
    const account = 'sub-bob';
    const tab = await open(look);
    const { page } = tab;
    await page.goto(await link());
    await faultless(tab, 'Get your API key');
    await page.getByRole('link', { name: 'Sign in with Example SSO' }).click();
    await atIssuer(tab, account);
    await faultless(tab, 'Is this your account?');
    await page.getByLabel('Your e-mail address').fill('mallory@example.com');
    await page.getByRole('button', { name: 'Yes, it is mine' }).click();
    await page.getByText('This is not the address that the link was mailed to.').first().waitFor();
    await faultless(tab, 'Is this your account?');
    await page.getByLabel('Your e-mail address').fill('bob@example.com');
    await page.getByRole('button', { name: 'Yes, it is mine' }).click();
    await page.getByText('From now on you sign in with this account.').waitFor();
    await page.goto('/api-keys');
    await page.getByText(account).waitFor();
    await faultless(tab, 'Your API keys');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign out of Example SSO as well' }).waitFor();
    await tab.close();

    await story.pass(60);
    const name = 'vault';
    const { id } = await story.newKey({ name });
    expectOk(await setKeyForDeletion(story.context, await story.as('wendy'), id, {}));
    const again = await open(look);
    await again.page.goto('/');
    await again.page.getByRole('link', { name: 'Example SSO' }).click();
    await atIssuer(again, account);
    await again.page.getByRole('link', { name }).click();
    await again.page.getByLabel('Last 6 characters of the key id').fill(confirmationOf(id));
    await again.page.getByRole('button', { name: 'Approve and destroy the key' }).click();
    await faultless(again, 'The key is destroyed');
    expect((await loadKey(story.context.store, story.instanceId, id))?.state).toBe(5);
    await again.page.goto('/api-keys');
    await again.page.getByRole('link', { name: 'End this' }).click();
    await faultless(again, 'End this sign-in?');
    await again.page.getByRole('button', { name: 'End it' }).click();
    await again.page.getByRole('heading', { name: 'Sign in to Countersign' }).waitFor();
    expect(again.complaints.filter((one) => !one.includes(issuer.url) && !one.includes('favicon'))).toEqual(
      [],
    );
    await again.close();
  });
});
