/**
 * Seals secrets at rest. `context` is bound to the sealed bytes: it unseals only under the same context, so
 * that a sealed value moved to another item is useless.
 *
 * @throws PermanentError from `unseal` when the bytes were not sealed here, were changed, or the context differs.
 */
export interface Sealer {
  seal(plaintext: Uint8Array, context: string): Promise<string>;
  unseal(sealed: string, context: string): Promise<Uint8Array>;
}
