import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface AwsRequest {
  /** The operation of a JSON protocol: `AWSStepFunctions.StartExecution`; empty for REST. */
  readonly target: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: { readonly [name: string]: unknown };
}

export interface AwsAnswer {
  readonly status?: number;
  /** A service's error name: answered with its header and in the body, as AWS does. */
  readonly error?: string;
  readonly body?: unknown;
  /** A body that is no JSON, as a proxy on the way would write it. */
  readonly text?: string;
}

export interface AwsServer {
  /** Options of any AWS client: where it is, made-up credentials, one attempt. */
  readonly client: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
    readonly maxAttempts: number;
  };
  readonly requests: readonly AwsRequest[];
  close(): Promise<void>;
}

export const testClient = (endpoint: string): AwsServer['client'] => ({
  endpoint,
  region: 'eu-central-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  maxAttempts: 1,
});

/** A real HTTP server that answers AWS's JSON protocols with what the test says. */
export async function startAwsServer(answer: (request: AwsRequest) => AwsAnswer): Promise<AwsServer> {
  const requests: AwsRequest[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const request = {
      target: String(incoming.headers['x-amz-target'] ?? ''),
      path: incoming.url ?? '',
      headers: incoming.headers,
      body: JSON.parse(Buffer.concat(chunks).toString() || '{}'),
    };
    requests.push(request);
    const { error, status = error === undefined ? 200 : 400, body = {}, text } = answer(request);
    const headers = {
      'x-amzn-requestid': 'request-1',
      ...(error === undefined ? {} : { 'x-amzn-errortype': error }),
    };
    const members = error === undefined ? body : { __type: `com.amazonaws#${error}`, ...Object(body) };
    outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...headers });
    outgoing.end(text ?? JSON.stringify(members));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    client: testClient(`http://127.0.0.1:${port}`),
    requests,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
