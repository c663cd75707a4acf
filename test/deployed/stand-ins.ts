import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startAwsServer } from '../support/aws-server.ts';

/** An entry of PutEvents. */
export interface PublishedEvent {
  readonly EventBusName: string;
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
}

/** In the place of EventBridge, of which there is none for one machine: takes every event and keeps it. */
export async function startEventBridge() {
  const published: PublishedEvent[] = [];
  const server = await startAwsServer(({ target, body }) => {
    if (target !== 'AWSEvents.PutEvents') return { error: 'UnknownOperationException' };
    const { Entries } = body as unknown as { Entries: readonly PublishedEvent[] };
    published.push(...Entries);
    return { body: { FailedEntryCount: 0, Entries: Entries.map(() => ({ EventId: randomUUID() })) } };
  });
  return { endpoint: server.client.endpoint, published, close: () => server.close() };
}

/** In the place of S3: what PutObject needs of it, the condition that nothing is there among it, and ListObjectsV2. */
export async function startS3() {
  const objects = new Map<string, Buffer>();
  const server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const [path = '', query] = (request.url ?? '').split('?');
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'application/xml' });
      return void response.end(listOf(objects, path, new URLSearchParams(query)));
    }
    if (request.method !== 'PUT') return void response.writeHead(405).end();
    if (request.headers['if-none-match'] === '*' && objects.has(path)) {
      const error = '<Error><Code>PreconditionFailed</Code><Message>it is there</Message></Error>';
      return void response.writeHead(412, { 'content-type': 'application/xml' }).end(error);
    }
    objects.set(path, Buffer.concat(chunks));
    response.writeHead(200, { etag: '"1"' }).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    /** By `/bucket/key`. */
    objects: objects as ReadonlyMap<string, Buffer>,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The names of a bucket's objects that begin as asked, in their order. */
function listOf(objects: ReadonlyMap<string, Buffer>, path: string, asked: URLSearchParams): string {
  const bucket = path.replace(/\/?$/, '/');
  const names = [...objects.keys()]
    .filter((object) => object.startsWith(`${bucket}${asked.get('prefix')}`))
    .map((object) => object.slice(bucket.length))
    .toSorted()
    .slice(0, Number(asked.get('max-keys')));
  const contents = names.map((name) => `<Contents><Key>${name}</Key></Contents>`);
  return `<ListBucketResult>${contents.join('')}</ListBucketResult>`;
}
