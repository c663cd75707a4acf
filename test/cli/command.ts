import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { DEFAULT_AUTHORIZATION_WINDOW, DEFAULT_REAUTHORIZATION_WINDOW } from '../../lib/domain/instance.ts';
import { sharedCommand } from '../support/bundled-command.ts';
import { foundInstallation } from '../support/installation.ts';

/** What people start: translated as it is loaded, which takes longer than most commands. */
export const COMMAND = fileURLToPath(new URL('../../bin/countersign.js', import.meta.url));
/** The same, translated once for all test files. */
const BUNDLED = await sharedCommand();
/** A start that takes longer than this has failed. */
const START_LIMIT_MS = 20_000;

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type Environment = { readonly [name: string]: string };

/** Called with what is to be done at the end: of the test, or of all tests of a file. */
export type AtEnd = (work: () => void) => void;

/** A folder of the test's own, gone after it. */
export function temporaryFolder(atEnd: AtEnd = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-cli-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function launch(
  args: readonly string[],
  environment: Environment,
  command = BUNDLED,
): ChildProcess & { out: string; err: string } {
  const { PATH = '', HOME = '', TMPDIR } = process.env;
  const child = spawn(process.execPath, [command, ...args], {
    env: { PATH, HOME, ...(TMPDIR !== undefined && { TMPDIR }), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = Object.assign(child, { out: '', err: '' });
  child.stdout.on('data', (chunk) => {
    texts.out += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    texts.err += String(chunk);
  });
  return texts;
}

/** Runs the command to its end, in a process of its own, without a terminal. */
export async function countersign(
  args: readonly string[],
  environment: Environment = {},
  command = BUNDLED,
): Promise<Outcome> {
  return ended(launch(args, environment, command));
}

async function ended(child: ReturnType<typeof launch>): Promise<Outcome> {
  const [code] = await once(child, 'close');
  return { code, stdout: child.out, stderr: child.err };
}

/** A command that goes on until it is asked to stop; killed after the test. */
export function begun(args: readonly string[], environment: Environment = {}) {
  const child = launch(args, environment);
  onTestFinished(() => void child.kill('SIGKILL'));
  return {
    stdout: () => child.out,
    stop: (signal?: NodeJS.Signals) => stop(child, signal),
    /** Resolves when it has ended by itself. */
    ended: () => ended(child),
  };
}

export interface RunningServer {
  readonly url: string;
  /** What it has printed until it was ready. */
  readonly stdout: string;
  /** Asks it to stop, and waits until it has. */
  stop(signal?: NodeJS.Signals): Promise<Outcome & { readonly milliseconds: number }>;
}

/** `countersign serve` on a free port, once it is ready; killed after the test. */
export async function startServer(
  args: readonly string[],
  atEnd: AtEnd = onTestFinished,
): Promise<RunningServer> {
  const child = launch(['serve', '--port', '0', ...args], {});
  atEnd(() => void child.kill('SIGKILL'));
  const signal = AbortSignal.timeout(START_LIMIT_MS);
  for (;;) {
    const url = /^Countersign is ready: (\S+)$[\s\S]*^Outgoing mail: /m.exec(child.out)?.[1];
    if (url !== undefined) return { url, stdout: child.out, stop: (how) => stop(child, how) };
    if (child.exitCode !== null) throw new Error(`serve ended with ${child.exitCode}: ${child.err}`);
    await Promise.race([once(child.stdout ?? child, 'data', { signal }), once(child, 'close', { signal })]);
  }
}

async function stop(
  child: ReturnType<typeof launch>,
  signal: NodeJS.Signals = 'SIGTERM',
): ReturnType<RunningServer['stop']> {
  const closed = once(child, 'close');
  const asked = performance.now();
  child.kill(signal);
  const [code] = await closed;
  return { code, stdout: child.out, stderr: child.err, milliseconds: performance.now() - asked };
}

export interface Installed {
  readonly dataDir: string;
  readonly instanceId: string;
  /** API keys by address. */
  readonly apiKeys: { readonly [email: string]: string };
}

/**
 * An installation with the Managers mia and max, the Writer will and the Reader rita, in a folder as `countersign
 * init` makes it, without the price of another process; the same one for the same window.
 * @param authorizationWindow in seconds.
 */
export async function install(
  authorizationWindow = DEFAULT_AUTHORIZATION_WINDOW,
  atEnd: AtEnd = onTestFinished,
): Promise<Installed> {
  const dataDir = join(temporaryFolder(atEnd), 'data');
  const { instance, people } = await foundInstallation(dataDir, {
    name: 'test',
    people: PEOPLE,
    dualAuthorization: true,
    authorizationWindow,
    reauthorizationWindow: DEFAULT_REAUTHORIZATION_WINDOW,
    restoreWindow: 2_592_000,
    trial: false,
  });
  const apiKeys = Object.fromEntries(people.map(({ person, apiKey }) => [person.email, apiKey]));
  return { dataDir, instanceId: instance.id, apiKeys };
}

const PEOPLE = [
  { email: 'mia@example.com', roles: ['Manager'] },
  { email: 'max@example.com', roles: ['Manager'] },
  { email: 'will@example.com', roles: ['Writer'] },
  { email: 'rita@example.com', roles: ['Reader'] },
] as const;

/** The environment in which somebody calls the commands that talk to a server. */
export const as = (email: string, { url }: { readonly url: string }, installed: Installed): Environment => ({
  COUNTERSIGN_URL: url,
  COUNTERSIGN_INSTANCE: installed.instanceId,
  COUNTERSIGN_API_KEY: installed.apiKeys[email] ?? '',
});

export interface Caller {
  readonly email: string;
  readonly server: { readonly url: string };
  readonly installed: Installed;
}

/** `POST /path` of the server's API as somebody; a body is sent as JSON. */
export function call(
  request: string,
  { email, server, installed }: Caller,
  body?: object,
): Promise<Response> {
  const [method = 'GET', path = '/'] = request.split(' ');
  return fetch(`${server.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${installed.apiKeys[email]}`,
      'bluemix-instance': installed.instanceId,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/** A root key with this alias. Gives its id. */
export async function createdKey(alias: string, by: Caller): Promise<string> {
  const created = await call('POST /api/v2/keys', by, {
    metadata: { collectionType: 'application/vnd.ibm.kms.key+json', collectionTotal: 1 },
    resources: [{ name: `Key ${alias}`, aliases: [alias], extractable: false }],
  });
  const { resources }: { resources: { id: string }[] } = JSON.parse(await created.text());
  return resources[0]?.id ?? '';
}

/** The same, with its deletion authorized. */
export async function authorizedKey(alias: string, by: Caller): Promise<string> {
  const id = await createdKey(alias, by);
  const set = await call(`POST /api/v2/keys/${alias}/actions/setKeyForDeletion`, by);
  if (set.status !== 204) throw new Error(`the deletion was not authorized: ${set.status}`);
  return id;
}
