/**
 * Signs access tokens, and with another key checkpoints, with RS256 (RFC 7518, section 3.3). The private key never
 * leaves the adapter.
 */
export interface TokenSigner {
  /** The signature over a JWS signing input. */
  sign(signingInput: Uint8Array): Promise<Uint8Array>;
  /** The public key as a JWK with `kid` and `alg`. */
  publicKey(): Promise<{ readonly [name: string]: unknown; readonly kid: string }>;
}
