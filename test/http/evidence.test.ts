import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sweep } from '../../lib/operations/sweep.ts';
import { problemsOf } from '../support/evidence.ts';
import { openServer, type Server } from './server.ts';

let server: Server;
let keyId: string;

beforeAll(async () => {
  server = await openServer();
  keyId = (await server.story.newKey({ name: 'payroll', aliases: ['payroll'] })).id;
  await sweep(server.context);
});
afterAll(() => server.close());

const linesOf = (json: { readonly [name: string]: unknown }): readonly string[] =>
  json.lines as readonly string[];

describe('evidence over HTTP', () => {
  it('is a file when the lines of every part are put together, of everything or of one key', async () => {
    for (const path of ['evidence', 'keys/payroll/evidence', `keys/${keyId}/evidence`]) {
      const { status, json } = await server.call('rita', `GET /countersign/v1/${path}`);
      expect(status).toBe(200);
      expect(json.cursor).toBeUndefined();
      expect(problemsOf(linesOf(json))).toEqual([]);
      expect(linesOf(json).some((line) => line.includes(keyId))).toBe(true);
    }
  });

  it('is verified with the keys that are told apart from it', async () => {
    const { json } = await server.call('rita', 'GET /countersign/v1/evidence/keys');
    expect(json.keys).toMatchObject([
      { kty: 'RSA', alg: 'RS256', purpose: 'checkpoints' },
      { kty: 'RSA', alg: 'RS256', purpose: 'exports' },
    ]);
    const pinned = (json.keys as { kty: string; n: string; e: string }[]).map((jwk) => ({ jwk }));
    const { json: file } = await server.call('rita', 'GET /countersign/v1/evidence');
    expect(problemsOf(linesOf(file), pinned)).toEqual([]);
  });

  it('narrows to a time with any offset', async () => {
    const all = '?from=2000-01-01T00:00:00Z&to=2100-01-01T00:00:00%2B02:00';
    const { json } = await server.call('rita', `GET /countersign/v1/evidence${all}`);
    expect(linesOf(json).filter((line) => line.includes('"type":"event"'))).toHaveLength(2);
    const later = await server.call('rita', 'GET /countersign/v1/evidence?from=2100-01-01T00:00:00Z');
    expect(linesOf(later.json).filter((line) => line.includes('"type":"event"'))).toEqual([]);
    expect(problemsOf(linesOf(later.json))).toEqual([]);
  });

  it.each([
    ['from=yesterday', 'INVALID_QUERY_PARAM_ERR'],
    ['to=2026-13-01T00:00:00Z', 'INVALID_QUERY_PARAM_ERR'],
    ['authorization=1', 'INVALID_QUERY_PARAM_ERR'],
    ['after=', 'INVALID_QUERY_PARAM_ERR'],
    ['after=eyJwYXJ0IjoxfQ', 'INVALID_QUERY_PARAM_ERR'],
    [
      `after=${Buffer.from('{"__proto__":1,"position":{"at":"end"}}').toString('base64url')}`,
      'INVALID_QUERY_PARAM_ERR',
    ],
    ['authorization=11111111-1111-4111-8111-111111111111', 'KEY_NOT_FOUND_ERR'],
  ])('refuses ?%s with %s', async (query, code) => {
    const { status, reason } = await server.call('rita', `GET /countersign/v1/evidence?${query}`);
    expect(reason).toMatch(new RegExp(`^${code}`));
    expect(status).toBe(code === 'KEY_NOT_FOUND_ERR' ? 404 : 400);
  });
});
