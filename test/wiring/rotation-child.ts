/**
 * Rotates the master key of a folder, and kills itself at the nth time that it comes to a point of the rotation.
 * Started by master-key-rotation.test.ts: `rotation-child.ts <folder> <point> <nth>`; without a point it says that it
 * begins, for whoever kills it.
 */
import { readMasterKeys } from '../../lib/adapters/file/master-key.ts';
import { masterKeySealer } from '../../lib/adapters/file/sealer.ts';
import { systemClock } from '../../lib/adapters/system/clock.ts';
import { openDataFolder } from '../../lib/wiring/data-folder.ts';
import { rotateMasterKey } from '../../lib/wiring/master-key-rotation.ts';

async function main(): Promise<void> {
  const [, , path = '', point = '', nth = '1'] = process.argv;
  const folder = await openDataFolder(path);
  const sealer = masterKeySealer(...(await readMasterKeys(path)));
  let left = Number(nth);
  process.stdout.write('begin\n');
  const sealed = { folder, sealer, clock: systemClock, retire: () => {}, gone: () => {} };
  await rotateMasterKey(sealed, {
    at: (here) => {
      if (here !== point) return;
      left -= 1;
      if (left === 0) process.kill(process.pid, 'SIGKILL');
    },
  });
  folder.close();
}

void main();
