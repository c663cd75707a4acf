import { accept, type Decision, refuse } from './refusal.ts';
import { type EpochMillis, SECOND } from './time.ts';

/**
 * What an instance hands out so that key material can be sent encrypted: the public half of a key pair and a nonce
 * (Key Protect, docs: create-import-tokens). An instance has one at a time; the next one takes its place.
 */
export interface ImportToken {
  readonly id: string;
  readonly instanceId: string;
  readonly createdAt: EpochMillis;
  readonly expiresAt: EpochMillis;
  readonly maxAllowedRetrievals: number;
  readonly remainingRetrievals: number;
  /** PEM (RFC 7468) of a SubjectPublicKeyInfo. */
  readonly publicKey: string;
  /** 12 bytes in base64. Whoever imports sends it back, encrypted with the material. */
  readonly nonce: string;
}

/** In seconds. */
export const IMPORT_TOKEN_LIFE = { least: 300, most: 86_400, fallback: 600 } as const;
export const IMPORT_TOKEN_RETRIEVALS = { least: 1, most: 500, fallback: 1 } as const;

/** What a request may say about a token; `expiration` in seconds. */
export interface ImportTokenTerms {
  readonly expiration: number;
  readonly maxAllowedRetrievals: number;
}

export function newImportToken(
  made: Pick<ImportToken, 'id' | 'instanceId' | 'publicKey' | 'nonce'>,
  { expiration, maxAllowedRetrievals }: ImportTokenTerms,
  now: EpochMillis,
): ImportToken {
  return {
    ...made,
    createdAt: now,
    expiresAt: now + expiration * SECOND,
    maxAllowedRetrievals,
    remainingRetrievals: maxAllowedRetrievals,
  };
}

/** The token with one retrieval less. A retrieved token imports keys until it expires, also when none is left. */
export function retrieve(token: ImportToken | undefined, now: EpochMillis): Decision<ImportToken> {
  if (!isUsable(token, now) || token.remainingRetrievals < 1) return refuse('import-token-expired');
  return accept({ ...token, remainingRetrievals: token.remainingRetrievals - 1 });
}

/** Whether material that was encrypted under it can be imported. */
export const isUsable = (token: ImportToken | undefined, now: EpochMillis): token is ImportToken =>
  token !== undefined && now < token.expiresAt;
