import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, BlockList, isIP } from 'node:net';
import type { Engine } from '../api.ts';
import type { EngineClock } from '../clock.ts';
import { REGION } from '../execution.ts';
import { exceptionOf, WireException } from './exceptions.ts';
import * as executions from './executions.ts';
import { type Operation, parsed } from './operation.ts';
import { pageTokens } from './page-token.ts';
import { verifySignature } from './sigv4.ts';
import * as stateMachines from './state-machines.ts';
import * as tasks from './tasks.ts';

/*
 * Step Functions' wire protocol, AWS JSON 1.0, over one engine. Owns what HTTP is about: what may be asked, by whom,
 * within which limits. What an operation does is in the file of its subject.
 */

const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  Object.entries({
    DescribeExecution: executions.describeExecution,
    DescribeStateMachine: stateMachines.describeStateMachine,
    DescribeStateMachineForExecution: stateMachines.describeStateMachineForExecution,
    GetExecutionHistory: executions.getExecutionHistory,
    ListExecutions: executions.listExecutions,
    ListStateMachines: stateMachines.listStateMachines,
    SendTaskFailure: tasks.sendTaskFailure,
    SendTaskHeartbeat: tasks.sendTaskHeartbeat,
    SendTaskSuccess: tasks.sendTaskSuccess,
    StartExecution: executions.startExecution,
    StopExecution: executions.stopExecution,
  }),
);

const TARGET = /^AWSStepFunctions\.([A-Za-z]+)$/;
const CONTENT_TYPE = 'application/x-amz-json-1.0';
/** Step Functions service quotas: a request has at most 1 MB. */
const MOST_BODY_BYTES = 1_048_576;
/** A slow or silent client is let go, in milliseconds. */
const LIMITS = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 5_000 };

export interface ListenerOptions {
  readonly engine: Engine;
  readonly clock: Pick<EngineClock, 'now'>;
  /** 0: any free one. */
  readonly port: number;
  /** An address that only this machine reaches. Default 127.0.0.1. */
  readonly host?: string;
  /** The secret of an access key; undefined for one that is not known. */
  readonly secretOf: (accessKeyId: string) => Promise<string | undefined>;
  /** Told of what is broken inside. */
  readonly onError?: (error: unknown, context: { readonly operation: string }) => void;
}

export interface Listener {
  readonly port: number;
  /** Takes no new requests; those that run have this long, in milliseconds, before they are cut off. */
  close(drainMilliseconds: number): Promise<void>;
}

/**
 * Answers the Step Functions API on a port of this machine.
 *
 * @throws RangeError when other machines could reach the host; the system's error when the port cannot be taken.
 */
export async function serveStepFunctions(options: ListenerOptions): Promise<Listener> {
  const { host = '127.0.0.1', port } = options;
  if (!isLoopback(host)) throw new RangeError(`${host} is not a loopback address`);
  const server = createServer(LIMITS, (request, response) => {
    void answer(request, response, options);
    // While closing, a connection that a client would keep is idle once its answer is out.
    response.once('close', () => {
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: (drainMilliseconds) => close(server, drainMilliseconds),
  };
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** An address and not a name: a name may resolve to another one tomorrow. */
function isLoopback(host: string): boolean {
  const version = isIP(host);
  return version !== 0 && LOOPBACK.check(host, version === 4 ? 'ipv4' : 'ipv6');
}

async function close(server: Server, drainMilliseconds: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const late = setTimeout(() => server.closeAllConnections(), drainMilliseconds);
  await closed;
  clearTimeout(late);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: ListenerOptions,
): Promise<void> {
  const name = TARGET.exec(String(request.headers['x-amz-target'] ?? ''))?.[1] ?? '';
  response.setHeader('x-amzn-RequestId', randomUUID());
  // The engine's time, which signatures are held against: the SDKs correct their own by it.
  response.setHeader('Date', new Date(options.clock.now()).toUTCString());
  try {
    send(response, 200, await result(request, name, options));
  } catch (error) {
    // The client has gone, and takes no answer.
    if (response.destroyed) return;
    request.resume();
    const exception = exceptionOf(error);
    if (exception.status === 413) response.setHeader('Connection', 'close');
    if (exception.status >= 500) options.onError?.(error, { operation: name });
    response.setHeader('x-amzn-ErrorType', exception.name);
    send(response, exception.status, { __type: exception.type, message: exception.message });
  }
}

async function result(request: IncomingMessage, name: string, options: ListenerOptions): Promise<object> {
  const { engine, clock, secretOf } = options;
  const run = OPERATIONS.get(name);
  if (request.method !== 'POST' || request.url !== '/' || run === undefined) {
    throw new WireException('UnknownOperationException', 'The engine has no such operation');
  }
  const body = await bodyOf(request);
  const now = clock.now();
  const signed = { headers: request.headers, body };
  const secret = await verifySignature(signed, { region: REGION, service: 'states', now, secretOf });
  const input = parsed(body.toString('utf8'));
  if (input === undefined) throw new WireException('SerializationException', 'The request is not JSON');
  return run(input, { engine, pageTokens: pageTokens(secret, now) });
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Not destroyed when it is too long: it could not be answered then.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += chunk.length;
    if (length > MOST_BODY_BYTES) {
      throw new WireException('RequestEntityTooLargeException', 'A request has at most 1 MiB');
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'Content-Type': CONTENT_TYPE, 'Content-Length': text.length });
  response.end(text);
}
