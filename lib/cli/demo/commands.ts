import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CliError } from '../problem.ts';

const COMMAND = fileURLToPath(new URL('../../../bin/countersign.js', import.meta.url));
const LIMIT_MS = 15_000;

/** The environment without what would point the commands at somebody's real server. */
const cleared = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('COUNTERSIGN_')));

/** Runs `countersign` as a person would, and gives what it printed. @throws CliError with its own line. */
export async function countersign(args: readonly string[], environment = {}): Promise<string> {
  try {
    const env = { ...cleared(), ...environment };
    const { stdout } = await promisify(execFile)(process.execPath, [COMMAND, ...args], {
      env,
      timeout: LIMIT_MS,
    });
    return stdout;
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new CliError(said.replace(/^countersign: /, '') || `countersign ${args[0]} failed`);
  }
}

export interface DemoServer {
  readonly url: string;
  /** Asks it to stop, and waits until it has. */
  stop(): Promise<void>;
}

/** Starts `countersign serve`, and waits for the line that says it is ready. @throws CliError when it ends instead. */
export async function startServer(args: readonly string[]): Promise<DemoServer> {
  const child = spawn(process.execPath, [COMMAND, 'serve', ...args], {
    env: cleared(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  let said = '';
  child.stdout.on('data', (chunk) => {
    printed += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    said += String(chunk);
  });
  const ended = once(child, 'close');
  process.once('exit', () => child.kill('SIGKILL'));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  const signal = AbortSignal.timeout(LIMIT_MS);
  for (;;) {
    const url = /^Countersign is ready: (\S+)$/m.exec(printed)?.[1];
    if (url !== undefined) return { url, stop };
    if (child.exitCode !== null) throw new CliError(`the server did not start: ${said.trim()}`);
    await Promise.race([once(child.stdout, 'data', { signal }), ended]);
  }
}
