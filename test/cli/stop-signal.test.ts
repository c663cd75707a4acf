import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';

const MODULE = new URL('../../lib/cli/stop-signal.ts', import.meta.url).href;
const { scripts }: { scripts: { start: string } } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);
/** It is left when its parent has been gone three times as long as it takes to see that, however slow the machine is. */
const WAITING = `
  import { stopSignal } from '${MODULE}';
  const end = (how) => { console.log(how); process.exit(); };
  const parent = process.ppid;
  stopSignal(process.env).then(() => end('stopped'));
  setInterval(() => process.ppid === parent || setTimeout(end, 600, 'left'), 50);
  console.log('waiting ' + process.pid);
`;

/** Ends the shell between npm and the command as a signal to npm does; what the command did then. */
async function afterShellIsKilled(script: string): Promise<string> {
  const command = `'${process.execPath}' --import tsx --input-type=module -e "$WAITING"; :`;
  const env = { ...process.env, npm_lifecycle_script: script, WAITING };
  const shell = spawn('sh', ['-c', command], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let told = '';
  shell.stdout.on('data', (chunk) => {
    told += String(chunk);
    if (told.startsWith('waiting')) shell.kill('SIGTERM');
  });
  onTestFinished(() => {
    const pid = Number(/^waiting (\d+)$/m.exec(told)?.[1]);
    if (!/left|stopped/.test(told) && pid > 0) process.kill(pid, 'SIGKILL');
  });
  // Closed when the command, too, has let go of it.
  await once(shell.stdout, 'close');
  return told.split('\n')[1] ?? '';
}

describe('a server whose shell was ended', () => {
  test.for([scripts.start, 'exec node bin/countersign.js serve', "'countersign'"])(
    'stops when npm ran "%s"',
    async (script) => {
      expect(await afterShellIsKilled(script)).toBe('stopped');
    },
  );

  test('goes on when another script has left it behind', async () => {
    expect(await afterShellIsKilled('vitest run')).toBe('left');
  });
});
