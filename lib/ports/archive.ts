/** Where things are kept that nobody may change or remove for a time. */
export interface Archive {
  /**
   * Keeps these bytes under a name that nothing is kept under; what is there stays as it is.
   * @throws TransientError when they are not kept; repeating is safe.
   */
  keep(name: string, bytes: Uint8Array): Promise<'kept' | 'was there'>;
  /**
   * Whether something is kept under that name.
   * @throws TransientError when it cannot be told now.
   */
  has(name: string): Promise<boolean>;
}
