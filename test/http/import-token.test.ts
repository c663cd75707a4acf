import { type CipherGCMTypes, constants, createCipheriv, publicEncrypt, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importMaterial } from '../../lib/operations/import-material.ts';
import { loadMaterial } from '../../lib/operations/material.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { importKeyKey, loadImportToken } from '../../lib/operations/records/import-token.ts';
import { instancePartition } from '../../lib/operations/records/instance.ts';
import { loadKey } from '../../lib/operations/records/key.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import type { Store } from '../../lib/ports/store.ts';
import { type Answered, envelope, openServer, type Server } from './server.ts';

let server: Server;
/** Each token costs the making of a 4096-bit key: the tests share one as far as they can. */
let token: { readonly payload: string; readonly nonce: string };

const create = (body?: object, name: 'wendy' | 'rita' = 'wendy'): Promise<Answered> =>
  server.call(name, 'POST /api/v2/import_token', body === undefined ? {} : { body });
const retrieve = (): Promise<Answered> => server.call('wendy', 'GET /api/v2/import_token');
const said = ({ status, reason }: Answered) => [status, reason];

beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

const CIPHERS: ReadonlyMap<number, CipherGCMTypes> = new Map([
  [16, 'aes-128-gcm'],
  [24, 'aes-192-gcm'],
  [32, 'aes-256-gcm'],
]);

/** What IBM's clients do before they send material: RSA-OAEP over it, and AES-GCM with it over the nonce. */
function encrypted(material: Uint8Array, { payload, nonce } = token, oaepHash: 'sha256' | 'sha1' = 'sha256') {
  const key = Buffer.from(payload, 'base64').toString();
  const iv = randomBytes(12);
  const aesKey = CIPHERS.has(material.length) ? material : material.subarray(0, 32);
  const cipher = createCipheriv(CIPHERS.get(aesKey.length) ?? 'aes-256-gcm', aesKey, iv);
  const parts = [cipher.update(Buffer.from(nonce, 'base64')), cipher.final()];
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  return {
    payload: publicEncrypt({ key, padding, oaepHash }, material).toString('base64'),
    encryptedNonce: Buffer.concat([...parts, cipher.getAuthTag()]).toString('base64'),
    iv: iv.toString('base64'),
  };
}

const importKey = (fields: object): Promise<Answered> =>
  server.call('wendy', 'POST /api/v2/keys', {
    body: envelope({ name: 'imported', extractable: false, ...fields }),
    headers: { prefer: 'return=representation' },
  });

async function storedMaterial(id: string): Promise<Uint8Array | undefined> {
  const key = await loadKey(server.context.store, server.story.instanceId, id);
  return key && loadMaterial(server.context, key);
}

describe('an import token', () => {
  test('is nothing to retrieve or to import with before it is created', async () => {
    expect(said(await retrieve())).toEqual([409, 'IMPORT_TOKEN_EXPIRED_ERR']);
    const fields = { payload: 'AAAA', encryptedNonce: 'AAAA', iv: randomBytes(12).toString('base64') };
    expect(said(await importKey(fields))).toEqual([409, 'IMPORT_TOKEN_EXPIRED_ERR']);
  });

  test('is created with terms in their limits, by a Writer', async () => {
    for (const [body, field] of [
      [{ expiration: 299 }, 'expiration'],
      [{ expiration: 86_401 }, 'expiration'],
      [{ maxAllowedRetrievals: 0 }, 'maxAllowedRetrievals'],
      [{ maxAllowedRetrievals: 501 }, 'maxAllowedRetrievals'],
      [{ expiration: '600' }, 'expiration'],
    ] as const) {
      expect(said(await create(body))).toEqual([400, `INVALID_FIELD_ERR field ${field}`]);
    }
    expect((await create({}, 'rita')).status).toBe(401);
    const created = await create({ expiration: 1_200, maxAllowedRetrievals: 3 });
    expect([created.status, created.json]).toEqual([
      200,
      {
        creationDate: expect.stringMatching(/Z$/),
        expirationDate: expect.stringMatching(/Z$/),
        maxAllowedRetrievals: 3,
        remainingRetrievals: 3,
      },
    ]);
    const { creationDate, expirationDate } = created.json;
    expect(Date.parse(String(expirationDate)) - Date.parse(String(creationDate))).toBe(1_200_000);
  });

  test('hands out its public key and nonce, one retrieval less each time', async () => {
    const { status, json } = await retrieve();
    expect([status, json.remainingRetrievals]).toEqual([200, 2]);
    token = { payload: String(json.payload), nonce: String(json.nonce) };
    expect(Buffer.from(token.payload, 'base64').toString()).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
    expect(Buffer.from(token.nonce, 'base64')).toHaveLength(12);
    expect((await retrieve()).json).toMatchObject({ ...token, remainingRetrievals: 1 });
  });

  test('of two that come at once for the last retrieval one gets it', async () => {
    const both = await Promise.all([retrieve(), retrieve()]);
    expect(both.map((one) => said(one).join(' ')).sort()).toEqual([
      '200 undefined',
      '409 IMPORT_TOKEN_EXPIRED_ERR',
    ]);
    expect((await loadImportToken(server.context.store, server.story.instanceId))?.remainingRetrievals).toBe(
      0,
    );
  });
});

describe('material that comes encrypted', () => {
  test.each([16, 24, 32])('is that of the key that is made: %i bytes', async (length) => {
    const material = randomBytes(length);
    const { status, resource } = await importKey({
      ...encrypted(material),
      encryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    });
    expect([status, resource.imported, resource.algorithmBitSize]).toEqual([201, true, length * 8]);
    expect(await storedMaterial(resource.id)).toEqual(material);
  });

  test('may be padded with SHA-1, which has to be said', async () => {
    const fields = encrypted(randomBytes(32), token, 'sha1');
    const algorithm = { encryptionAlgorithm: 'RSAES_OAEP_SHA_1' };
    expect(said(await importKey(fields))).toEqual([400, 'INVALID_FIELD_ERR field payload']);
    expect((await importKey({ ...fields, ...algorithm })).status).toBe(201);
  });

  test('rotates a key that was imported', async () => {
    const { resource } = await importKey(encrypted(randomBytes(32)));
    const material = randomBytes(32);
    const rotated = await server.call('wendy', `POST /api/v2/keys/${resource.id}/actions/rotate`, {
      body: encrypted(material),
    });
    expect(rotated.status).toBe(204);
    expect(await storedMaterial(resource.id)).toEqual(material);
  });

  test('is refused where it does not prove what it has to, and no key is made', async () => {
    const material = randomBytes(32);
    const [fields, others] = [encrypted(material), encrypted(randomBytes(32))];
    const foreign = encrypted(material, { ...token, nonce: randomBytes(12).toString('base64') });
    const before = server.changes();
    for (const [sent, reason] of [
      [{ ...fields, payload: randomBytes(512).toString('base64') }, 'INVALID_FIELD_ERR field payload'],
      [{ ...fields, payload: material.toString('base64') }, 'INVALID_FIELD_ERR field payload'],
      [encrypted(randomBytes(33)), 'INVALID_FIELD_ERR field payload'],
      [{ ...fields, payload: others.payload }, 'INCORRECT_NONCE_IV_ERR'],
      [{ ...fields, encryptedNonce: others.encryptedNonce }, 'INCORRECT_NONCE_IV_ERR'],
      [{ ...fields, encryptedNonce: 'AAAA' }, 'INCORRECT_NONCE_IV_ERR'],
      [{ ...fields, iv: others.iv }, 'INCORRECT_NONCE_IV_ERR'],
      [foreign, 'INCORRECT_NONCE_ERR'],
      [{ ...fields, extractable: true }, 'KEY_ROOT_REQ_ERR'],
    ] as const) {
      expect(said(await importKey(sent))).toEqual([400, reason]);
    }
    expect(server.changes()).toBe(before);
  });

  test('is refused as under an expired token where the token is replaced between two reads', async () => {
    const { store } = server.context;
    const { payload, encryptedNonce, iv } = encrypted(randomBytes(32));
    const bytes = (text: string) => Buffer.from(text, 'base64');
    const encryption = {
      algorithm: 'RSAES_OAEP_SHA_256',
      encryptedNonce: bytes(encryptedNonce),
      iv: bytes(iv),
    } as const;
    const replaced: Store = {
      ...store,
      get: async (key) => {
        const item = await store.get(key);
        if (key.table === 'main' || item === undefined) return item;
        return { ...item, attributes: { ...item.attributes, tokenId: 'the next one' } };
      },
    };
    const material = { payload: bytes(payload), encryption };
    const context = { ...server.context, store: replaced };
    const imported = await importMaterial(context, server.story.instanceId, material);
    expect(imported).toEqual({ ok: false, refusal: { code: 'import-token-expired' } });
  });

  test('is bound to the newest token', async () => {
    const { instanceId } = server.story;
    const [fields, before] = [
      encrypted(randomBytes(32)),
      await loadImportToken(server.context.store, instanceId),
    ];
    expect((await create()).json).toMatchObject({ maxAllowedRetrievals: 1, remainingRetrievals: 1 });
    expect(said(await importKey(fields))).toEqual([400, 'INVALID_FIELD_ERR field payload']);
    expect((await loadImportToken(server.context.store, instanceId))?.id).not.toBe(before?.id);
  });
});

test('a token that has expired gives nothing away, and its private key is deleted', async () => {
  const { store } = server.context;
  const { json } = await retrieve();
  const fields = encrypted(randomBytes(32), { payload: String(json.payload), nonce: String(json.nonce) });
  const { instanceId } = server.story;
  expect((await importKey(fields)).status).toBe(201);
  await sweep(server.context);
  expect(await store.get(importKeyKey(instanceId))).toBeDefined();
  await server.story.pass(600);
  expect(said(await importKey(fields))).toEqual([409, 'IMPORT_TOKEN_EXPIRED_ERR']);
  expect(said(await retrieve())).toEqual([409, 'IMPORT_TOKEN_EXPIRED_ERR']);
  await sweep(server.context);
  expect(await store.get(importKeyKey(instanceId))).toBeUndefined();
  expect(said(await retrieve())).toEqual([409, 'IMPORT_TOKEN_EXPIRED_ERR']);
});

test('the instance’s chain tells of every token and retrieval, and of no nonce', async () => {
  const { events } = await loadEvents(server.context.store, instancePartition(server.story.instanceId), {
    limit: 100,
  });
  const told = events.filter(({ action }) => action.startsWith('kms.import-token.'));
  expect(told.map(({ action, data }) => [action.split('.').at(-1), data?.remainingRetrievals])).toEqual([
    ['create', 3],
    ['read', 2],
    ['read', 1],
    ['read', 0],
    ['create', 1],
    ['read', 0],
  ]);
  expect(JSON.stringify([events, server.logged])).not.toContain(token.nonce);
});
