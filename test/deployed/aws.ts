import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request to a service of AWS, as it is signed and sent. */
export interface ServiceRequest {
  /** As in the credential's scope: `dynamodb`, `events`, `kms`, `s3`, `ses`, `states`. */
  readonly service: string;
  /** Whose access key signed it: each function has its own. */
  readonly by: string;
  readonly method: string;
  readonly path: string;
  /** The operation of a JSON protocol, without the service: `GetItem`; empty for REST. */
  readonly operation: string;
  readonly body: { readonly [name: string]: unknown };
}

export interface AwsOptions {
  /** Where each service is. */
  readonly endpoints: Readonly<Record<string, () => string>>;
  /** Why IAM would not allow it; nothing when it would. */
  readonly denial: (request: ServiceRequest) => string | undefined;
  /** What is sent on instead of what was sent. */
  readonly instead: (request: ServiceRequest, headers: IncomingHttpHeaders) => Sent | undefined;
  /** Told of what a service has accepted, before its caller is. */
  readonly accepted: (request: ServiceRequest) => Promise<void>;
}

export interface Sent {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Aws {
  readonly endpoint: string;
  close(): Promise<void>;
}

const CREDENTIAL = /Credential=(?<by>[^/]+)\/[^/]+\/[^/]+\/(?<service>[^/]+)\//;

/** The one address of every service of AWS: lets through what the policies of whoever asks allow. */
export async function startAws(options: AwsOptions): Promise<Aws> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing, { ...options, agent }).catch((error: unknown) => {
      outgoing.writeHead(500).end(String(error));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async close() {
      agent.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function pass(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { endpoints, denial, instead, accepted, agent }: AwsOptions & { readonly agent: Agent },
): Promise<void> {
  const body = await bytesOf(incoming);
  const asked = requestOf(incoming, body);
  const endpoint = endpoints[asked.service]?.();
  if (endpoint === undefined) throw new Error(`there is no service ${asked.service} here`);
  const denied = denial(asked);
  if (denied !== undefined) return refuse(outgoing, denied);
  const { method, path } = asked;
  const sent = instead(asked, incoming.headers) ?? { headers: headersFor(asked, incoming), body };
  const answer = await forward(endpoint, { agent, method, path, ...sent });
  const status = answer.statusCode ?? 502;
  const bytes = await bytesOf(answer);
  if (status < 300) await accepted(asked);
  outgoing.writeHead(status, answer.headers).end(bytes);
}

function requestOf({ headers, method = 'POST', url = '/' }: IncomingMessage, body: Buffer): ServiceRequest {
  const { by = '', service = '' } = CREDENTIAL.exec(headers.authorization ?? '')?.groups ?? {};
  const target = String(headers['x-amz-target'] ?? '');
  return {
    service,
    by,
    method,
    path: url,
    operation: target.slice(target.indexOf('.') + 1),
    // What S3 keeps is no JSON.
    body: body.length === 0 || service === 's3' ? {} : JSON.parse(body.toString()),
  };
}

/** DynamoDB Local keeps a database for each access key: here all have one. It checks no signature. */
const headersFor = ({ service, by }: ServiceRequest, { headers }: IncomingMessage): IncomingHttpHeaders =>
  service === 'dynamodb'
    ? {
        ...headers,
        authorization: String(headers.authorization).replace(`Credential=${by}/`, 'Credential=local/'),
      }
    : headers;

/** As every service answers it. */
function refuse(outgoing: ServerResponse, message: string): void {
  outgoing.writeHead(400, {
    'content-type': 'application/x-amz-json-1.0',
    'x-amzn-errortype': 'AccessDeniedException',
  });
  outgoing.end(JSON.stringify({ __type: 'com.amazonaws#AccessDeniedException', message }));
}

/** With its `Host` as it was signed. */
function forward(
  endpoint: string,
  {
    body,
    ...options
  }: { agent: Agent; method: string; path: string; headers: IncomingHttpHeaders; body: Buffer },
): Promise<IncomingMessage> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve, reject) => {
    request({ hostname, port, ...options }, resolve)
      .once('error', reject)
      .end(body);
  });
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}
