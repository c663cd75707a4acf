import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A process of its own that runs a script of the tests, and what it has said so far, line by line. */
export interface Child {
  readonly lines: readonly string[];
  /** Resolves when a line satisfies, or rejects when the process ends without one. */
  said(satisfies: (line: string) => boolean): Promise<void>;
  /** SIGKILL, and resolves when the process is gone and all that it said has been read. */
  kill(): Promise<void>;
  readonly ended: Promise<number | null>;
}

export function startChild(script: string, parameters: readonly string[]): Child {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', path, ...parameters], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { stdout } = child;
  if (stdout === null) throw new Error('the child has no standard output');
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  const reader = createInterface({ input: stdout });
  reader.on('line', (line) => {
    lines.push(line);
    for (const listener of listeners) listener();
  });
  const closed = once(reader, 'close');
  const ended = once(child, 'exit').then(async ([code]) => {
    await closed;
    return typeof code === 'number' ? code : null;
  });

  return {
    lines,
    ended,
    said(satisfies) {
      return new Promise((resolve, reject) => {
        const look = () => {
          if (!lines.some(satisfies)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
        void ended.then(() => reject(new Error('the child ended')));
      });
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
