import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

/** In `node_modules`, so that what is not bundled is found. */
const BUNDLES = join(import.meta.dirname, '../node_modules/.cache/countersign-bench');

/** A program of the bench as plain JavaScript, as a package would ship it. @returns its path. */
export async function bundled(entry: string): Promise<string> {
  mkdirSync(BUNDLES, { recursive: true });
  const outfile = join(BUNDLES, `${basename(entry, '.ts')}.mjs`);
  const options = { bundle: true, platform: 'node', format: 'esm', packages: 'external' } as const;
  await build({ ...options, entryPoints: [entry], outfile, logLevel: 'error' });
  return outfile;
}

/** A program that runs, and the figures that it says. */
export interface Program {
  /** The next message. @throws Error when the program ends without one. */
  said(): Promise<Figures>;
  /** Sends it a message. */
  ask(question: object): void;
  /** By default SIGKILL; resolves when it is gone. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

export type Figures = Readonly<Record<string, unknown>>;

export function runProgram(path: string, parameters: readonly string[]): Program {
  const child: ChildProcess = fork(path, [...parameters], { execArgv: [], stdio: 'inherit' });
  const ended = once(child, 'exit');
  return {
    async said() {
      const said: unknown[] = await Promise.race([
        once(child, 'message'),
        ended.then(() => {
          throw new Error(`${basename(path)} ${parameters[0]} ended without an answer`);
        }),
      ]);
      return isFigures(said[0]) ? said[0] : {};
    },
    ask: (question) => void child.send(question),
    async kill(signal = 'SIGKILL') {
      child.kill(signal);
      await ended;
    },
  };
}

const isFigures = (message: unknown): message is Figures => typeof message === 'object' && message !== null;
