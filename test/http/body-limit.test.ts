import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { Hono } from 'hono';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { limitBody } from '../../lib/http/body-limit.ts';
import { type ServedApp, serveApp } from '../support/served-app.ts';

let server: ServedApp;

beforeAll(async () => {
  const app = new Hono();
  app.use(limitBody(10, (c) => c.text('too large', 413)));
  app.all('/', async (c) => c.text(`read ${await c.req.text()}`));
  server = await serveApp(app);
});

afterAll(() => server.close());

/** Sends these chunks with just these headers; without any, a body is sent in chunks. */
async function send(method: string, chunks: readonly string[], headers: Record<string, string> = {}) {
  const sent = request(server.url, { method, headers });
  for (const chunk of chunks) sent.write(chunk);
  sent.end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return [answer.statusCode, await text(answer)] as const;
}

test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s: a body as long as the limit is read', async (method) => {
  const headers = { 'content-length': '10' };
  expect(await send(method, ['12345', '67890'], headers)).toEqual([200, 'read 1234567890']);
});

test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s: there need not be a body', async (method) => {
  expect(await send(method, [])).toEqual([200, 'read ']);
});

test('a body that comes in chunks is read up to the limit', async () => {
  const headers = { 'transfer-encoding': 'chunked' };
  expect(await send('POST', ['12345', '67890'], headers)).toEqual([200, 'read 1234567890']);
  expect(await send('POST', ['12345', '67890', '!'], headers)).toEqual([413, 'too large']);
});

test('a longer one is refused before it comes', async () => {
  const sent = request(server.url, { method: 'POST', headers: { 'content-length': '11' } });
  sent.on('error', () => {});
  sent.flushHeaders();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  expect(answer.statusCode).toBe(413);
  sent.destroy();
});

test('characters of several bytes count as several', async () => {
  const answer = async (body: string) =>
    (
      await new Hono()
        .use(limitBody(10, (c) => c.text('too large', 413)))
        .request('/', { method: 'POST', body })
    ).status;
  expect(await answer('ééééé')).toBe(404);
  expect(await answer('éééééé')).toBe(413);
});
