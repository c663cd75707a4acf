import { type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const PORT = 15_432;

/** A PostgreSQL of its own, with its defaults: what COMMIT acknowledges is on disk. `undefined`: none is installed. */
export async function startPostgres(
  folder: string,
): Promise<{ url: string; stop(): Promise<void> } | undefined> {
  if (spawnSync('postgres', ['--version']).error !== undefined) return undefined;
  const data = join(folder, 'postgres');
  mkdirSync(data);
  const user = notRoot(data);
  const made = spawnSync('initdb', ['-D', data, '-U', 'bench', '-A', 'trust', '-E', 'UTF8'], {
    ...user,
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  const server = spawn('postgres', ['-D', data, '-p', String(PORT), '-h', '127.0.0.1', '-k', data], {
    ...user,
    stdio: 'ignore',
  });
  const ended = once(server, 'exit');
  while (!(await answers())) await setTimeout(100);
  return {
    url: `postgresql://bench@127.0.0.1:${PORT}/bench`,
    async stop() {
      server.kill('SIGINT');
      await ended;
    },
  };
}

/** PostgreSQL refuses to be run by root: then by Debian's user for it. */
function notRoot(data: string): SpawnOptions {
  if (process.getuid?.() !== 0) return {};
  spawnSync('chown', ['postgres', data]);
  const idOf = (flag: string) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  return { uid: idOf('-u'), gid: idOf('-g'), cwd: data };
}

const answers = (): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(PORT, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
