import { afterAll, beforeAll, expect } from 'vitest';
import {
  as,
  type Caller,
  countersign,
  type Installed,
  install,
  type Outcome,
  type RunningServer,
  startServer,
} from './command.ts';

/** What all tests of a file share; there from their first one on. People are named as in `mia@example.com`. */
export interface OneServer {
  readonly installed: Installed;
  readonly server: RunningServer;
  readonly caller: (name: string) => Caller;
  /** The command as one of the installation's people calls it. */
  readonly by: (name: string, ...args: readonly string[]) => Promise<Outcome>;
  /** What it prints, when it succeeds and has nothing to complain of. */
  readonly done: (name: string, ...args: readonly string[]) => Promise<string>;
  /** Why it is refused, in one line. */
  readonly refused: (name: string, ...args: readonly string[]) => Promise<string>;
}

/** Has one installation served for all tests of the file that calls this. */
export function oneServer(): OneServer {
  let installed: Installed;
  let server: RunningServer;
  const leftOver: (() => void)[] = [];
  beforeAll(async () => {
    const atEnd = (work: () => void) => leftOver.push(work);
    installed = await install(undefined, atEnd);
    server = await startServer(['--data-dir', installed.dataDir], atEnd);
  });
  afterAll(() => {
    for (const work of leftOver.reverse()) work();
  });
  const by: OneServer['by'] = (name, ...args) =>
    countersign(args, as(`${name}@example.com`, server, installed));
  return {
    get installed() {
      return installed;
    },
    get server() {
      return server;
    },
    caller: (name) => ({ email: `${name}@example.com`, server, installed }),
    by,
    async done(name, ...args) {
      const { code, stdout, stderr } = await by(name, ...args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return stdout;
    },
    async refused(name, ...args) {
      const { code, stderr } = await by(name, ...args);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^countersign: [^\n]+\n$/);
      return stderr;
    },
  };
}
