import { expect, test } from 'vitest';
import { PermanentError } from '../../lib/domain/errors.ts';
import type { Sealer } from '../../lib/ports/sealer.ts';

const CONTEXT = 'material/instance-1/key-1/2';
const SECRET = new TextEncoder().encode('the key of all keys');

/** Longer than what a key service encrypts itself (4,096 bytes), and as long as key material may get. */
const LONGEST_MATERIAL = 7_500;

/** What every adapter of the `Sealer` port does. `start` gives a sealer, `foreign` one that has other keys. */
export function describeSealer(start: () => Promise<{ sealer: Sealer; foreign: Sealer }>): void {
  test.for([0, 1, 32, LONGEST_MATERIAL])('%d bytes come back as they were', async (length) => {
    const { sealer } = await start();
    const plaintext = Uint8Array.from({ length }, (_, i) => i % 256);
    const unsealed = await sealer.unseal(await sealer.seal(plaintext, CONTEXT), CONTEXT);
    expect(Buffer.from(unsealed)).toEqual(Buffer.from(plaintext));
  });

  test('the same bytes sealed twice are sealed differently', async () => {
    const { sealer } = await start();
    expect(await sealer.seal(SECRET, CONTEXT)).not.toBe(await sealer.seal(SECRET, CONTEXT));
  });

  test('the sealed text does not hold the secret and is text of one line', async () => {
    const { sealer } = await start();
    const sealed = await sealer.seal(SECRET, CONTEXT);
    expect(sealed).toMatch(/^[\w.-]+$/);
    expect(Buffer.from(sealed, 'base64url').includes(Buffer.from(SECRET))).toBe(false);
  });

  test('another context does not unseal', async () => {
    const { sealer } = await start();
    const sealed = await sealer.seal(SECRET, CONTEXT);
    await expect(sealer.unseal(sealed, `${CONTEXT}0`)).rejects.toThrow(PermanentError);
    await expect(sealer.unseal(sealed, '')).rejects.toThrow(PermanentError);
  });

  test('another key does not unseal', async () => {
    const { sealer, foreign } = await start();
    const sealed = await sealer.seal(SECRET, CONTEXT);
    await expect(foreign.unseal(sealed, CONTEXT)).rejects.toThrow(PermanentError);
  });

  test('a sealed text with any character changed does not unseal', async () => {
    const { sealer } = await start();
    const sealed = await sealer.seal(SECRET, CONTEXT);
    // Every third position, and the last ones, whose low bits base64url does not use.
    const positions = Array.from(sealed, (_, at) => at).filter(
      (at) => at % 3 === 0 || at > sealed.length - 4,
    );
    for (const at of positions) {
      const other = sealed[at] === 'A' ? 'B' : 'A';
      const changed = sealed.slice(0, at) + other + sealed.slice(at + 1);
      await expect(sealer.unseal(changed, CONTEXT), `position ${at}`).rejects.toThrow(PermanentError);
    }
  });

  test('a sealed text that was cut off, lengthened or made up does not unseal', async () => {
    const { sealer } = await start();
    const sealed = await sealer.seal(SECRET, CONTEXT);
    const texts = [sealed.slice(0, -1), `${sealed}A`, `${sealed}=`, `${sealed}.`, '', '.', '...', 'v9.a.b.c'];
    for (const text of texts) {
      await expect(sealer.unseal(text, CONTEXT), text).rejects.toThrow(PermanentError);
    }
  });
}
