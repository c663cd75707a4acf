import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { testClient } from './aws-server.ts';

/**
 * Stands before a KMS and answers for it what local-kms does not know: grants and last use. Everything else goes on to
 * the real one.
 */
export async function startKmsFront(endpoint: string) {
  const answers: Record<string, object> = {
    'TrentService.ListGrants': { Grants: [], Truncated: false },
    'TrentService.GetKeyLastUsage': {
      KeyLastUsage: {},
      TrackingStartDate: 1_700_000_000,
      KeyCreationDate: 1_700_000_000,
    },
  };
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).flatMap(([name, value]) =>
        typeof value === 'string' && !['host', 'connection', 'content-length'].includes(name)
          ? [[name, value]]
          : [],
      ),
    );
    const own = answers[String(incoming.headers['x-amz-target'])];
    if (own !== undefined) {
      outgoing.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(own));
      return;
    }
    const answer = await fetch(endpoint, { method: 'POST', headers, body });
    outgoing.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' });
    outgoing.end(Buffer.from(await answer.arrayBuffer()));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    client: testClient(`http://127.0.0.1:${port}`),
    answers,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
