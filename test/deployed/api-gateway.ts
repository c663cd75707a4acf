import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ACCOUNT } from './cloud.ts';

/** What a function behind an HTTP API answers in payload format 2.0. */
interface Result {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string | number | boolean>>;
  readonly cookies?: readonly string[];
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

export interface ApiGateway {
  readonly url: string;
  close(): Promise<void>;
}

/** Bodies of these types come as text, all others in base64. */
const TEXT = /^(text\/|application\/(json|javascript|xml|.*\+json|.*\+xml)\b)/i;
/** In bytes. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const MOST_BODY = 10 * 1024 * 1024;

/**
 * An HTTP API with one default route: real requests become events of payload format 2.0 and the answers real answers
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
 */
export async function startApiGateway(invoke: (event: object) => Promise<unknown>): Promise<ApiGateway> {
  const server = createServer((request, response) => void serve(request, response, invoke));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  invoke: (event: object) => Promise<unknown>,
): Promise<void> {
  const event = await eventOf(request);
  if (event === undefined) return sendOwn(response, 413, 'Request Entity Too Large');
  let result: Result;
  try {
    result = resultOf(await invoke(event));
  } catch {
    return sendOwn(response, 500, 'Internal Server Error');
  }
  const { statusCode, headers = {}, cookies = [], body = '', isBase64Encoded = false } = result;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, String(value));
  if (cookies.length > 0) response.setHeader('set-cookie', [...cookies]);
  response.writeHead(statusCode);
  response.end(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'));
}

/** API Gateway's own answers. */
function sendOwn(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }));
}

/** An answer without a status is a body, as the documentation says. */
const resultOf = (answer: unknown): Result =>
  typeof answer === 'object' && answer !== null && 'statusCode' in answer
    ? (answer as Result)
    : { statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer) };

async function eventOf(request: IncomingMessage): Promise<object | undefined> {
  const body = await bodyOf(request);
  if (body.length > MOST_BODY) return undefined;
  const { method = 'GET', url = '/', httpVersion, socket } = request;
  const [path = '/', ...query] = url.split('?');
  const rawQueryString = query.join('?');
  const { cookie, ...headers } = headersOf(request);
  const now = new Date();
  const sourceIp = socket.remoteAddress ?? '127.0.0.1';
  const isText = TEXT.test(headers['content-type'] ?? '');
  const rawPath = decoded(path);
  const parameters = parametersOf(rawQueryString);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    ...(cookie !== undefined && { cookies: cookie.split(/; */) }),
    headers: {
      ...headers,
      'x-forwarded-for': sourceIp,
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
    },
    ...(Object.keys(parameters).length > 0 && { queryStringParameters: parameters }),
    requestContext: {
      accountId: ACCOUNT,
      apiId: 'api',
      domainName: headers.host,
      domainPrefix: 'api',
      http: {
        method,
        path: rawPath,
        protocol: `HTTP/${httpVersion}`,
        sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: '$default',
      stage: '$default',
      time: now.toUTCString(),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** In lower case, several of one name joined with commas. */
const headersOf = ({ headersDistinct }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headersDistinct)
      .filter(([name]) => name !== 'connection' && name !== 'transfer-encoding')
      .map(([name, values = []]) => [name, values.join(name === 'cookie' ? '; ' : ',')]),
  );

function parametersOf(rawQueryString: string): Record<string, string> {
  const names = [...new Set(new URLSearchParams(rawQueryString).keys())];
  return Object.fromEntries(
    names.map((name) => [name, new URLSearchParams(rawQueryString).getAll(name).join(',')]),
  );
}

/** The path comes decoded. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
