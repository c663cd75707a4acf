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

/**
 * Seals anew what is sealed under a key that is being replaced, without waiting: a store that works on a row within one
 * transaction can let nobody come in between.
 *
 * @throws PermanentError from `unsealNow` as `Sealer` does from `unseal`.
 */
export interface Resealer {
  /** Whether it is sealed under the key that seals now. */
  isNewest(sealed: string): boolean;
  sealNow(plaintext: Uint8Array, context: string): string;
  unsealNow(sealed: string, context: string): Uint8Array;
}
