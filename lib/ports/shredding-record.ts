import type { EpochMillis } from '../domain/time.ts';

/** Which key's material is shredded, by which of its deletions, and when. Holds nothing secret. */
export interface Shredding {
  readonly instanceId: string;
  readonly keyId: string;
  readonly deletedAt: EpochMillis;
  readonly deletedBy: string;
  readonly shreddedAt: EpochMillis;
}

/**
 * Remembers shreddings apart from the store and its backups, so that a backup that is restored does not bring back
 * what was shredded after it.
 *
 * @throws TransientError when it cannot be written now; the shredding must then not begin.
 */
export interface ShreddingRecord {
  /**
   * Resolves when it is durable that the shredding is about to happen. Without an end, what has become of it is seen
   * from the key.
   */
  begin(shredding: Shredding): Promise<OpenShredding>;
}

export interface OpenShredding {
  /** Whether the shredding was committed. Never throws. */
  end(happened: boolean): Promise<void>;
}
