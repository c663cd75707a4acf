import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** What it does with the next requests. Default: 204. */
  answer: (response: ServerResponse, received: Received) => void;
  /** Resolves when so many requests came. */
  has(count: number): Promise<void>;
}

/** A real HTTP server on a free loopback port, which keeps what it is sent. */
export async function startReceiver(port = 0): Promise<Receiver> {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  const receiver = {
    url: '',
    received,
    answer: (response: ServerResponse) => void response.writeHead(204).end(),
    async has(count: number) {
      while (received.length < count) await new Promise<void>((resolve) => waiting.add(resolve));
    },
  } as { -readonly [name in keyof Receiver]: Receiver[name] };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = { headers: request.headers, body: Buffer.concat(chunks).toString() };
      received.push(one);
      receiver.answer(response, one);
      for (const told of waiting) told();
      waiting.clear();
    });
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?key=hidden`;
  return receiver;
}
