import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { syncsPerSecond } from './disk.ts';
import { quantile, type Row, type Rows } from './rows.ts';

const COMMAND = join(import.meta.dirname, '../bin/countersign.js');
const CONNECTIONS = 32;
const WARM_UP = 500;
const APPROVALS = 2_500;

/**
 * The whole product as it is installed, over HTTP with keep-alive: one person authorizes a deletion, another deletes,
 * which answers when the key is gone. The keys are there before. Beside it how many requests the same server answers
 * that need no database and no workflow.
 */
export async function benchProduct(): Promise<Rows> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  const syncs = syncsPerSecond(folder);
  const installed = install(join(folder, 'data'));
  const mail = await mailServer();
  const server = await serve(join(folder, 'data'), mail);
  try {
    const call = caller(server.url, installed.instanceId);
    const keys = await createKeys(call, installed, WARM_UP + APPROVALS);
    await approvals(call, installed, keys.slice(0, WARM_UP));
    const processor = server.processorMilliseconds();
    const measured = await approvals(call, installed, keys.slice(WARM_UP));
    const spent = (server.processorMilliseconds() - processor) / APPROVALS;
    const bare = await bareRequests(call);
    return [
      { measured: 'disk syncs before the product', value: syncs, unit: 'syncs/s' },
      { measured: `approvals over HTTP, ${CONNECTIONS} connections`, value: measured.perSecond, unit: '/s' },
      { measured: 'requests of these', value: 2 * measured.perSecond, unit: '/s', floor: bare },
      ...latencies('authorizing', measured.set),
      ...latencies('deleting', measured.destroy),
      { measured: "server's processor time of one approval", value: spent, unit: 'ms' },
    ];
  } finally {
    server.stop();
    await server.ended;
    mail.close();
    rmSync(folder, { recursive: true });
  }
}

const latencies = (what: string, values: readonly number[]): readonly Row[] =>
  [0.5, 0.99].map((share) => ({
    measured: `${what} a key's deletion, p${share * 100}`,
    value: quantile(values, share),
    unit: 'ms',
  }));

interface Installed {
  readonly instanceId: string;
  readonly requester: string;
  readonly approver: string;
}

function install(folder: string): Installed {
  const people = [
    '--writer',
    'requester@example.com',
    '--manager',
    'one@example.com',
    '--manager',
    'two@example.com',
  ];
  const parameters = [COMMAND, 'init', '--data-dir', folder, ...people, '--json'];
  const made = spawnSync(process.execPath, parameters, { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`countersign init failed: ${made.stderr}`);
  const { instanceId, people: owners } = JSON.parse(made.stdout) as {
    instanceId: string;
    people: { email: string; apiKey: string }[];
  };
  const keyOf = (email: string) => owners.find((owner) => owner.email === email)?.apiKey ?? '';
  return { instanceId, requester: keyOf('requester@example.com'), approver: keyOf('one@example.com') };
}

/** Takes every mail and forgets it: what a mail server near by costs. */
async function mailServer(): Promise<Server> {
  const server = createServer((socket) => {
    let inMail = false;
    socket.write('220 bench\r\n');
    createInterface({ input: socket }).on('line', (line) => {
      if (inMail && line !== '.') return;
      inMail = !inMail && line.toUpperCase() === 'DATA';
      socket.write(inMail ? '354 go on\r\n' : '250 yes\r\n');
    });
    socket.on('error', () => socket.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

async function serve(folder: string, mail: Server) {
  const { port } = mail.address() as AddressInfo;
  const parameters = ['serve', '--data-dir', folder, '--port', '0', '--smtp', `smtp://127.0.0.1:${port}`];
  const child = spawn(process.execPath, [COMMAND, ...parameters], {
    stdio: ['ignore', 'pipe', openSync(join(folder, '..', 'server.log'), 'w')],
  });
  const ended = once(child, 'exit');
  const { stdout } = child;
  if (stdout === null) throw new Error('the server has no standard output');
  for await (const line of createInterface({ input: stdout })) {
    const url = /ready: (http:\S+)/.exec(line)?.[1];
    if (url === undefined) continue;
    stdout.resume();
    const processorMilliseconds = () => processorTimeOf(child.pid);
    return { url, ended, processorMilliseconds, stop: () => void child.kill('SIGTERM') };
  }
  throw new Error('the server ended before it was ready');
}

// Linux counts in hundredths of a second (sysconf(_SC_CLK_TCK)); fields 14 and 15 of proc(5).
function processorTimeOf(pid: number | undefined): number {
  if (!existsSync(`/proc/${pid}/stat`)) return Number.NaN;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly as?: string;
  readonly body?: object;
}

/** One of the connections; how long it took, in milliseconds. @throws Error for an answer that is not 2xx. */
type Call = (asked: Asked) => Promise<{ readonly milliseconds: number; readonly body: string }>;

function caller(url: string, instanceId: string): Call {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  return async ({ method, path, as, body }) => {
    const began = performance.now();
    const headers = {
      'bluemix-instance': instanceId,
      ...(as === undefined ? {} : { authorization: `Bearer ${as}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const asked = request(`${url}${path}`, { agent, method, headers });
    asked.end(body === undefined ? undefined : JSON.stringify(body));
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    const content = await text(answer);
    const status = answer.statusCode ?? 0;
    if (status < 200 || status > 299) throw new Error(`${method} ${path} was answered ${status}: ${content}`);
    return { milliseconds: performance.now() - began, body: content };
  };
}

/** Does it with each of them, one after another on each connection. */
async function onAllConnections<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const rest = items.values();
  const done: R[] = [];
  const connection = async () => {
    for (const item of rest) done.push(await run(item));
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  return done;
}

function createKeys(call: Call, { approver }: Installed, count: number): Promise<string[]> {
  const body = {
    metadata: { collectionType: 'application/vnd.ibm.kms.key+json', collectionTotal: 1 },
    resources: [{ name: 'bench', type: 'application/vnd.ibm.kms.key+json', extractable: false }],
  };
  return onAllConnections(Array.from({ length: count }), async () => {
    const answer = await call({ method: 'POST', path: '/api/v2/keys', as: approver, body });
    const { resources } = JSON.parse(answer.body) as { resources: { id: string }[] };
    return resources[0]?.id ?? '';
  });
}

async function approvals(call: Call, { requester, approver }: Installed, keys: readonly string[]) {
  const began = performance.now();
  const took = await onAllConnections(keys, async (key) => {
    const path = `/api/v2/keys/${key}`;
    const set = await call({ method: 'POST', path: `${path}/actions/setKeyForDeletion`, as: requester });
    const destroy = await call({ method: 'DELETE', path, as: approver });
    return [set.milliseconds, destroy.milliseconds] as const;
  });
  return {
    perSecond: (keys.length * 1_000) / (performance.now() - began),
    set: took.map(([set]) => set),
    destroy: took.map(([, destroy]) => destroy),
  };
}

const BARE_REQUESTS = 10_000;

/** The key that its tokens are signed with, which the server has in memory. */
async function bareRequests(call: Call): Promise<number> {
  const began = performance.now();
  await onAllConnections(Array.from({ length: BARE_REQUESTS }), () =>
    call({ method: 'GET', path: '/identity/keys' }),
  );
  return (BARE_REQUESTS * 1_000) / (performance.now() - began);
}
