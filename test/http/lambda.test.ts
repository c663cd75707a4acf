import type { LambdaContext } from 'hono/aws-lambda';
import { handle } from 'hono/aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withTextHeaders } from '../../functions/header-text.ts';
import { newService } from '../support/services.ts';
import { envelope, headersOf, openServer, type Server } from './server.ts';

let server: Server;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

/** An event of API Gateway's HTTP API, payload format 2.0. */
function send(
  method: string,
  rawPath: string,
  more: { rawQueryString?: string; body?: string } = {},
  as: Record<string, string> = {},
) {
  const headers = { ...headersOf(server.story, 'alice'), ...as };
  const lowerCase = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const event = {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: '',
    headers: { host: 'api.example.com', 'x-forwarded-proto': 'https', ...lowerCase },
    requestContext: { http: { method, path: rawPath }, domainName: 'api.example.com' },
    isBase64Encoded: false,
    ...more,
  };
  const handler = handle(server.app);
  return handler(withTextHeaders(event) as unknown as Parameters<typeof handler>[0], {} as LambdaContext);
}

describe('behind API Gateway', () => {
  test('the same app answers: a plain body, one in base64, HEAD, a query, and an alias', async () => {
    const body = JSON.stringify(envelope({ name: 'from lambda', extractable: false, aliases: ['aws'] }));
    expect(await send('POST', '/api/v2/keys', { body })).toMatchObject({ statusCode: 201 });
    const encoded = {
      body: Buffer.from(body.replace('aws', 'b64')).toString('base64'),
      isBase64Encoded: true,
    };
    expect(await send('POST', '/api/v2/keys', encoded)).toMatchObject({ statusCode: 201 });
    const head = await send('HEAD', '/api/v2/keys');
    expect(head).toMatchObject({ statusCode: 200, headers: { 'key-total': '2' } });
    const rawQueryString = 'action=setKeyForDeletion';
    expect(await send('POST', '/api/v2/keys/aws', { rawQueryString })).toMatchObject({ statusCode: 204 });
    expect(await send('DELETE', '/api/v2/keys/aws')).toMatchObject({ statusCode: 409 });
  });

  test('a resource name in the path comes decoded, with its slashes', async () => {
    const { apiKey } = await newService(server.context, await server.story.as('bob'));
    const body = JSON.stringify(envelope({ name: 'used', extractable: false, aliases: ['used'] }));
    await send('POST', '/api/v2/keys', { body });
    const crn = 'crn:v1:bluemix:public:cloud-object-storage:global:a/3f2/b:0a1b:bucket:2026/01/pay';
    const path = `/api/v2/keys/used/registrations/${crn}`;
    const as = { authorization: `Bearer ${apiKey}` };
    const told = { body: JSON.stringify(envelope({ preventKeyDeletion: true })) };
    expect(await send('POST', path, told)).toMatchObject({ statusCode: 403 });
    expect(await send('POST', path, told, as)).toMatchObject({ statusCode: 201 });
    const rawQueryString = `urlEncodedResourceCRNQuery=${encodeURIComponent(crn.replace('pay', '*'))}`;
    const listed = await send('GET', '/api/v2/keys/registrations', { rawQueryString });
    expect(JSON.parse(String(listed.body))).toMatchObject({ resources: [{ resourceCrn: crn }] });
    expect(await send('DELETE', path, {}, as)).toMatchObject({ statusCode: 204 });
    const encoded = path.replace(crn, encodeURIComponent(crn));
    expect(await send('DELETE', encoded, {}, as)).toMatchObject({ statusCode: 404 });
  });

  test('what people write into a header arrives in any script, however API Gateway has read its bytes', async () => {
    const { id } = await server.story.newKey();
    const bytes = Buffer.from('Schlüssel').toString('latin1');
    for (const [header, reason] of [
      ['Schlüssel alt – 鍵', 'Schlüssel alt – 鍵'],
      [bytes, 'Schlüssel'],
      ['caf\u00e9', 'café'],
      ['100% sure', '100% sure'],
      ["UTF-8''%E9%8D%B5", '鍵'],
    ] as const) {
      const set = await send(
        'POST',
        `/api/v2/keys/${id}/actions/setKeyForDeletion`,
        {},
        { 'x-countersign-reason': header },
      );
      expect(set).toMatchObject({ statusCode: 204 });
      const shown = await send('GET', `/countersign/v1/keys/${id}/authorization`);
      expect(JSON.parse(String(shown.body))).toMatchObject({ manifest: { reason } });
      expect(await send('POST', `/api/v2/keys/${id}/actions/unsetKeyForDeletion`)).toMatchObject({
        statusCode: 204,
      });
    }
  });
});
