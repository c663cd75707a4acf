import { constants, createCipheriv, publicEncrypt, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../lib/http/app.ts';
import { API_KEY_GRANT, REFRESH_GRANT } from '../../lib/http/tokens.ts';
import { importKeyContext, loadImportKey } from '../../lib/operations/records/import-token.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import { waiting } from '../http/second-manager.ts';
import { type Answered, answered, envelope } from '../http/server.ts';
import { formsOf, found, MATERIAL, openWatchedStory, type WatchedStory } from '../support/canaries.ts';

let watched: WatchedStory;
let app: ReturnType<typeof createApp>;
/** The answers and pages that nobody should find a secret in: all but those that hand one out. */
const shown: string[] = [];

beforeAll(async () => {
  watched = await openWatchedStory();
  const { context } = watched.story;
  app = createApp({ ...context, settings: { ...context.settings, apiKeysByMail: true } });
});
afterAll(() => watched.close());

interface Request {
  readonly as?: string;
  readonly json?: object;
  readonly form?: Readonly<Record<string, string>>;
  /** It hands out a secret. */
  readonly secret?: true;
}

async function call(route: string, { as, json, form, secret }: Request = {}): Promise<Answered> {
  const [method = '', path = ''] = route.split(' ');
  const { apiKeys, instanceId } = watched.story;
  const bearer = as !== undefined && as in apiKeys ? apiKeys[as as keyof typeof apiKeys] : as;
  const response = await app.request(path, {
    method,
    headers: {
      'bluemix-instance': instanceId,
      prefer: 'return=representation',
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
    },
    ...(json && { body: JSON.stringify(json) }),
    ...(form && { body: new URLSearchParams(form).toString() }),
  });
  const answer = await answered(response);
  if (secret === undefined) shown.push(`${answer.text}\n${JSON.stringify([...answer.headers])}`);
  return answer;
}

const token = (form: Readonly<Record<string, string>>, secret?: true) =>
  call('POST /identity/token', { form, ...(secret && { secret }) });

/** Somebody claims an API key by mail, exchanges it, goes on by refresh tokens, and makes more keys. */
async function credentials() {
  const added = await call('POST /countersign/v1/people', {
    as: 'alice',
    json: { email: 'mia@example.com', roles: ['Manager'] },
  });
  const { id, digest } = waiting(added);
  await call(`POST /countersign/v1/change_requests/${id}/approve`, { as: 'bob', json: { digest } });
  await sweep(watched.story.context);
  const claims = watched.story.mails.flatMap(({ text }) => /\/claim\/([\w-]{43})/.exec(text)?.[1] ?? []);
  const [claim = ''] = claims;
  await call(`GET /claim/${claim}`);
  await call(`POST /claim/${claim}`, { form: { confirm: 'max@example.com' } });
  const page = await call(`POST /claim/${claim}`, { form: { confirm: 'mia@example.com' }, secret: true });
  const [claimed = ''] = /cs_[\w-]{43}/.exec(page.text) ?? [];
  const first = await token({ grant_type: API_KEY_GRANT, apikey: claimed }, true);
  const next = await token(
    { grant_type: REFRESH_GRANT, refresh_token: String(first.json.refresh_token) },
    true,
  );
  const refresh = [first, next].map(({ json }) => String(json.refresh_token));
  const access = [first, next].map(({ json }) => String(json.access_token));
  const another = await call('POST /countersign/v1/people/me/api-keys', { as: claimed, secret: true });
  const service = { kind: 'service', name: 'nightly', owner: 'mia@example.com', roles: ['Reader'] };
  const made = await call('POST /countersign/v1/people', { as: claimed, json: service, secret: true });
  const apiKeys = [claimed, String(another.json.apiKey), String(made.json.apiKey)];
  return { claim, apiKeys, refresh, access };
}

/** A key is imported under an import token, destroyed by two people, and restored. */
async function importedKey() {
  const { story } = watched;
  await call('POST /api/v2/import_token', {
    as: 'wendy',
    json: { expiration: 600, maxAllowedRetrievals: 2 },
  });
  const { json } = await call('GET /api/v2/import_token', { as: 'wendy', secret: true });
  const nonce = String(json.nonce);
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', MATERIAL, iv);
  const encrypted = [cipher.update(Buffer.from(nonce, 'base64')), cipher.final(), cipher.getAuthTag()];
  const publicKey = Buffer.from(String(json.payload), 'base64').toString();
  const oaep = { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
  const { resource } = await call('POST /api/v2/keys', {
    as: 'wendy',
    json: envelope({
      name: 'imported',
      extractable: false,
      payload: publicEncrypt(oaep, MATERIAL).toString('base64'),
      encryptedNonce: Buffer.concat(encrypted).toString('base64'),
      iv: iv.toString('base64'),
    }),
  });
  await call(`POST /api/v2/keys/${resource.id}/actions/setKeyForDeletion`, { as: 'wendy' });
  expect((await call(`DELETE /api/v2/keys/${resource.id}`, { as: 'alice' })).status).toBe(200);
  await story.pass(31);
  expect((await call(`POST /api/v2/keys/${resource.id}/restore`, { as: 'bob' })).status).toBe(201);
  const kept = await loadImportKey(story.context.store, story.instanceId);
  const sealer = story.context.sealer;
  const privateKey = kept && (await sealer.unseal(kept.sealed, importKeyContext(kept.tokenId)));
  const pem = Buffer.from(privateKey ?? '').toString();
  // Whole lines of its Base64, whichever way their ends are written.
  return { id: resource.id, nonce, lines: pem.split('\n').filter((line) => line.length === 64) };
}

async function readEverything(keyId: string): Promise<void> {
  for (const route of [
    '/api/v2/keys',
    `/api/v2/keys/${keyId}`,
    `/api/v2/keys/${keyId}/versions`,
    '/api/v2/instance/policies',
    `/countersign/v1/keys/${keyId}/authorization`,
    `/countersign/v1/keys/${keyId}/history?limit=1000`,
    `/countersign/v1/keys/${keyId}/manifest`,
    '/countersign/v1/people',
    '/countersign/v1/people/mia@example.com/api-keys',
    '/countersign/v1/change_requests',
    '/countersign/v1/mails?status=due',
    '/openapi.json',
  ]) {
    await call(`GET ${route}`, { as: 'bob' });
  }
}

describe('after people have got their credentials and keys were imported', () => {
  it('no credential, token or private key is anywhere but with whom it was given to', async () => {
    const { claim, apiKeys, refresh, access } = await credentials();
    const { id, nonce, lines } = await importedKey();
    await readEverything(id);
    const handed = [...apiKeys, ...refresh, ...access];
    for (const secret of handed) {
      await call('GET /api/v2/keys', { as: `${secret}x` });
      await call(`GET /decide/${secret.slice(0, 120)}`);
      await token({ grant_type: API_KEY_GRANT, apikey: `${secret}x` });
      await token({ grant_type: REFRESH_GRANT, refresh_token: `${secret}x` });
    }
    await watched.story.settle();
    await sweep(watched.story.context);
    const mails = watched.story.mails;
    const others = mails.filter(({ to }) => to !== 'mia@example.com');
    const material = formsOf(MATERIAL);
    const nonces = formsOf(Buffer.from(nonce, 'base64')).slice(1);
    const items = watched.written.map((write) => JSON.stringify(write));
    const notTheToken = items.filter((item) => !item.includes('"sort":"import-token"'));
    const all = [...handed, ...lines, ...material];
    for (const [where, text, secrets] of [
      ['answers and pages', shown.join('\n'), [...all, ...nonces]],
      ['logs', watched.said.join('\n'), [...all, ...nonces, claim, '@example.com']],
      ['mails', JSON.stringify(mails), [...all, ...nonces]],
      ['mails to others', JSON.stringify(others), [claim]],
      ['items', items.join('\n'), [...all, claim]],
      ['items but the import token', notTheToken.join('\n'), nonces],
      ['the files of the store', watched.bytesOf('store'), [...all, claim]],
      ['the files of the engine', watched.bytesOf('engine'), [...all, ...nonces, claim]],
    ] as const) {
      expect(found(secrets, text), where).toEqual([]);
    }
    // What is looked for is there to be found.
    expect([apiKeys, refresh].map((each) => new Set(each).size)).toEqual([3, 2]);
    expect(handed.filter((secret) => /^(?:cs_|csr_|eyJ)[\w.-]{43,}$/.test(secret))).toHaveLength(7);
    expect(lines.length).toBeGreaterThan(40);
    expect(found([claim], JSON.stringify(mails))).toHaveLength(1);
    expect(found(nonces, items.join('\n')).length).toBeGreaterThan(0);
    expect(others.length).toBeGreaterThan(5);
    expect(shown.length).toBeGreaterThan(40);
  });
});
