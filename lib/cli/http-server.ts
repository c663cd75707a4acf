import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { CliError } from './problem.ts';

/** A slow or silent client is let go, in milliseconds: nothing that we accept takes long to send. */
const LIMITS = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 5_000 };

export interface HttpServer {
  readonly port: number;
  /** From now on requests are answered; those that came before have waited. */
  answerWith(fetch: (request: Request) => Response | Promise<Response>): void;
  /** Takes no new requests; those that run have this long to end before they are cut off. */
  close(drainMilliseconds: number): Promise<void>;
}

/**
 * Takes the port before anything else is begun: a start that cannot serve changes nothing.
 * @throws CliError when the port is in use or the address is not this machine's.
 */
export async function listen(host: string, port: number): Promise<HttpServer> {
  const { promise: listener, resolve: ready } = promised<RequestListener>();
  const server = createServer(LIMITS, (request, response) => {
    void listener.then((answer) => answer(request, response));
    // While closing, a connection that a client would keep is idle once its last answer is out.
    response.once('close', () => {
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
  });
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new CliError(explained(error, host, port));
  }
  return {
    port: (server.address() as AddressInfo).port,
    answerWith: (fetch) => ready(getRequestListener(fetch)),
    close: (drainMilliseconds) => close(server, drainMilliseconds),
  };
}

function promised<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

async function close(server: Server, drainMilliseconds: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const late = setTimeout(() => server.closeAllConnections(), drainMilliseconds);
  await closed;
  clearTimeout(late);
}

function explained(error: unknown, host: string, port: number): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} on ${host} is in use: stop what listens there, or give another --port (0: any free one)`;
    case 'EACCES':
      return `this user may not listen on port ${port}: give a --port above 1023`;
    default:
      return `cannot listen on ${host}, port ${port}: ${code}`;
  }
}
