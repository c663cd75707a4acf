import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { openDatabase } from '../lib/engine/database.ts';
import { syncsPerSecond } from './disk.ts';
import { quantile, type Row, type Rows } from './rows.ts';

const COMMAND = join(import.meta.dirname, '../bin/countersign.js');
const WITHOUT_DATABASE = join(import.meta.dirname, 'product/without-database.ts');
const CONNECTIONS = 32;
const WARM_UP = 500;
const APPROVALS = 2_500;

/**
 * The whole product as it is installed, over HTTP with keep-alive: one person authorizes a deletion, another deletes,
 * which answers when the key is gone. The keys are there before. Beside it, in the same run, the same routes and steps
 * over memory, requests that need neither, and an approval's rows in a bare SQLite file.
 */
export async function benchProduct(): Promise<Rows> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  const mail = await mailServer();
  try {
    const syncs = syncsPerSecond(folder);
    const bare = bareApprovalsPerSecond(folder);
    const installed = install(join(folder, 'data'));
    const product = await measured(serve(folder, mail.server), installed, () => mail.taken());
    const memory = await measured(serveWithoutDatabase(folder));
    return [
      { measured: 'disk syncs before the product', value: syncs, unit: 'syncs/s' },
      {
        measured: `approvals, ${CONNECTIONS} connections`,
        value: product.perSecond,
        unit: '/s',
        floor: bare,
      },
      { measured: 'of the same routes without a database', value: memory.perSecond, unit: '/s' },
      {
        measured: 'approvals beside those without a database',
        value: product.perSecond,
        unit: '/s',
        floor: memory.perSecond,
      },
      { measured: 'requests of these', value: 2 * product.perSecond, unit: '/s', floor: product.bare },
      ...latencies('a call', [...product.set, ...product.destroy], [...memory.set, ...memory.destroy]),
      ...latencies("authorizing a key's deletion", product.set, memory.set),
      ...latencies("deleting a key's deletion", product.destroy, memory.destroy),
      { measured: "server's processor time", value: product.spent, unit: 'ms', floor: memory.spent },
      { measured: 'mails handed over meanwhile', value: product.mails, unit: '/approval' },
    ];
  } finally {
    mail.server.close();
    rmSync(folder, { recursive: true });
  }
}

async function measured(serving: Promise<Served>, before?: Installed, mails: () => number = () => 0) {
  const server = await serving;
  try {
    const installed = before ?? server.installed();
    const call = caller(server.url, installed.instanceId);
    const keys = await createKeys(call, installed, WARM_UP + APPROVALS);
    await approvals(call, installed, keys.slice(0, WARM_UP));
    const [processor, taken] = [server.processorMilliseconds(), mails()];
    const run = await approvals(call, installed, keys.slice(WARM_UP));
    const spent = (server.processorMilliseconds() - processor) / APPROVALS;
    const sent = (mails() - taken) / APPROVALS;
    return { ...run, spent, mails: sent, bare: await bareRequests(call) };
  } finally {
    server.stop();
    await server.ended;
  }
}

/** What the store keeps of one approval: 24 items and their events, links and mails, of this size on the average. */
const ROWS_OF_AN_APPROVAL = 24;
const ROW = 'x'.repeat(500);
const BARE_MS = 500;

/** So many approvals' rows a second into a bare table, as many together as there are connections. */
function bareApprovalsPerSecond(folder: string): number {
  const database = openDatabase(join(folder, 'bare.db'));
  database.exec('CREATE TABLE bare (content TEXT NOT NULL)');
  const insert = database.prepare('INSERT INTO bare (content) VALUES (?)');
  const began = performance.now();
  let count = 0;
  for (; performance.now() < began + BARE_MS; count += CONNECTIONS) {
    database.exec('BEGIN IMMEDIATE');
    for (let n = 0; n < CONNECTIONS * ROWS_OF_AN_APPROVAL; n += 1) insert.run(ROW);
    database.exec('COMMIT');
  }
  const perSecond = (count * 1_000) / (performance.now() - began);
  database.close();
  return perSecond;
}

const latencies = (what: string, values: readonly number[], floors: readonly number[]): readonly Row[] =>
  [0.5, 0.99].map((share) => ({
    measured: `${what}, p${share * 100}`,
    value: quantile(values, share),
    unit: 'ms',
    floor: quantile(floors, share),
  }));

interface Installed {
  readonly instanceId: string;
  readonly requester: string;
  readonly approver: string;
}

const PEOPLE = [
  ['writer', 'requester@example.com'],
  ['manager', 'one@example.com'],
  ['manager', 'two@example.com'],
] as const;

function install(folder: string): Installed {
  const people = PEOPLE.flatMap(([role, email]) => [`--${role}`, email]);
  const parameters = [COMMAND, 'init', '--data-dir', folder, ...people, '--json'];
  const made = spawnSync(process.execPath, parameters, { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`countersign init failed: ${made.stderr}`);
  return installedFrom(made.stdout);
}

function installedFrom(json: string): Installed {
  const { instanceId, people } = JSON.parse(json) as {
    instanceId: string;
    people: { email: string; apiKey: string }[];
  };
  const keyOf = (email: string) => people.find((owner) => owner.email === email)?.apiKey ?? '';
  return { instanceId, requester: keyOf('requester@example.com'), approver: keyOf('one@example.com') };
}

/** Takes every mail and forgets it: what a mail server near by costs. */
async function mailServer(): Promise<{ readonly server: Server; taken(): number }> {
  let taken = 0;
  const server = createServer((socket) => {
    let inMail = false;
    socket.write('220 bench\r\n');
    const lines = createInterface({ input: socket });
    lines.on('line', (line) => {
      if (inMail && line !== '.') return;
      if (inMail) taken += 1;
      inMail = !inMail && line.toUpperCase() === 'DATA';
      socket.write(inMail ? '354 go on\r\n' : '250 yes\r\n');
    });
    // A server that ends may cut off a mail.
    for (const cut of [lines, socket]) cut.on('error', () => socket.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { server, taken: () => taken };
}

interface Served {
  readonly url: string;
  readonly ended: Promise<unknown>;
  /** What it printed of the people that it made. */
  installed(): Installed;
  processorMilliseconds(): number;
  stop(): void;
}

function serve(folder: string, mail: Server): Promise<Served> {
  const { port } = mail.address() as AddressInfo;
  const data = join(folder, 'data');
  const parameters = ['serve', '--data-dir', data, '--port', '0', '--smtp', `smtp://127.0.0.1:${port}`];
  return started([COMMAND, ...parameters], folder);
}

function serveWithoutDatabase(folder: string): Promise<Served> {
  const keys = mkdtempSync(join(folder, 'memory-'));
  const people = PEOPLE.map(([role, email]) => `${role}=${email}`);
  return started(['--import', 'tsx', WITHOUT_DATABASE, keys, ...people], folder);
}

async function started(parameters: readonly string[], folder: string): Promise<Served> {
  const child = spawn(process.execPath, parameters, {
    stdio: ['ignore', 'pipe', openSync(join(folder, 'server.log'), 'a')],
  });
  const ended = once(child, 'exit');
  const { stdout } = child;
  if (stdout === null) throw new Error('the server has no standard output');
  let printed = '';
  for await (const line of createInterface({ input: stdout })) {
    if (line.startsWith('{')) printed = line;
    const url = /ready: (http:\S+)/.exec(line)?.[1];
    if (url === undefined) continue;
    stdout.resume();
    return {
      url,
      ended,
      installed: () => installedFrom(printed),
      processorMilliseconds: () => processorTimeOf(child.pid),
      stop: () => void child.kill('SIGTERM'),
    };
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
