import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of one request on its way; whatever is not told goes through. */
export type Fault =
  /** Answered here; the other side never hears of it. */
  | { readonly answer: number; readonly headers?: Readonly<Record<string, string>> }
  /** Nobody answers. */
  | 'hangs'
  /** The other side does it, and its answer is lost. */
  | 'drops the answer';

export interface Passed {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

/** A real HTTP proxy before a server, which spoils what a test says, and notes everything. */
export async function startFaultyProxy(target: string) {
  const passed: Passed[] = [];
  const faults: { readonly matches: (request: Passed) => boolean; readonly fault: Fault }[] = [];
  const server = createServer(async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const request = { method: incoming.method ?? '', path: incoming.url ?? '', headers: incoming.headers };
    passed.push(request);
    const index = faults.findIndex(({ matches }) => matches(request));
    const [spoiled] = index < 0 ? [] : faults.splice(index, 1);
    const fault = spoiled?.fault;
    if (fault === 'hangs') return;
    if (fault !== undefined && fault !== 'drops the answer') {
      outgoing.writeHead(fault.answer, fault.headers).end();
      return;
    }
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).flatMap(([name, value]) =>
        typeof value === 'string' &&
        !['host', 'connection', 'content-length', 'transfer-encoding'].includes(name)
          ? [[name, value]]
          : [],
      ),
    );
    const body = chunks.length === 0 ? {} : { body: Buffer.concat(chunks) };
    const answer = await fetch(`${target}${request.path}`, { method: request.method, headers, ...body });
    const text = Buffer.from(await answer.arrayBuffer());
    if (fault === 'drops the answer') {
      incoming.socket.destroy();
      return;
    }
    const type = answer.headers.get('content-type');
    outgoing.writeHead(answer.status, type === null ? {} : { 'content-type': type }).end(text);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    passed,
    /** The next request that fits is spoiled so. */
    spoil(method: string, path: RegExp, fault: Fault) {
      faults.push({ matches: (one) => one.method === method && path.test(one.path), fault });
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
