import { describe, expect, test } from 'vitest';
import { masterKeySealer } from '../../../lib/adapters/file/sealer.ts';
import { describeSealer } from '../../contracts/sealer.ts';

const MASTER_KEY = Uint8Array.from({ length: 32 }, (_, i) => i);
const OTHER_KEY = MASTER_KEY.map((byte) => byte ^ 1);

describe('the master key sealer', () => {
  describeSealer(async () => ({ sealer: masterKeySealer(MASTER_KEY), foreign: masterKeySealer(OTHER_KEY) }));

  test('unseals what an earlier version of this program sealed', async () => {
    const sealed = 'v1.iX07Q0PQOUU.jVKQivfNBME13Z_h.DaEClX1hWHcB2ami1Gbo3so06AQ2IjBsqOava86CLypLXMLGm63d';
    const plaintext = await masterKeySealer(MASTER_KEY).unseal(sealed, 'material/instance-1/key-1/1');
    expect(Buffer.from(plaintext).toString()).toBe('sealed in November 2026');
  });

  test('names the master key by an id that is the same in each process', async () => {
    const idOf = async (key: Uint8Array) =>
      (await masterKeySealer(key).seal(new Uint8Array(), '')).split('.')[1];
    expect(await idOf(MASTER_KEY)).toBe(await idOf(Uint8Array.from(MASTER_KEY)));
    expect(await idOf(MASTER_KEY)).not.toBe(await idOf(OTHER_KEY));
  });
});
