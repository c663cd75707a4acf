import type { External, ExternalFacts, ProviderKind, StatusThere } from '../domain/external-key.ts';
import type { EpochMillis } from '../domain/time.ts';

/** Why a provider does not do it, for good: repeating the same call would not help. */
export interface ProviderRefusal {
  readonly refused: 'not-found' | 'access-denied' | 'not-possible';
  /** A sentence for people. Holds no secret. */
  readonly detail: string;
}

export type Described = { readonly facts: ExternalFacts } | ProviderRefusal;

export type Destroyed =
  | {
      /** Done by this call, or before it. */
      readonly destroyed: true;
      /** Until when the provider keeps it, so that the deletion can be cancelled; absent: it is gone. */
      readonly deletionAt?: EpochMillis;
      /** It was set for deletion there already, with another date than ours would have had. */
      readonly foreign?: true;
    }
  | ProviderRefusal;

export type Restored = { readonly restored: true } | ProviderRefusal;

export interface DestroyOptions {
  /** AWS KMS: how long it waits. */
  readonly pendingWindowDays?: number;
  /** The same for each repeat of one deletion. */
  readonly idempotencyToken: string;
  /** When this deletion was begun: what the provider says was done before is not ours. */
  readonly since: EpochMillis;
  /** Also although resources are registered with the key there. */
  readonly force?: boolean;
}

/**
 * Where a key lives that we do not keep. Every call can be repeated: `destroy` of what is destroyed already says so.
 *
 * @throws TransientError when the provider cannot answer now; what was asked may have been done.
 */
export interface KeyProvider {
  readonly kind: ProviderKind;
  describe(key: External): Promise<Described>;
  destroy(key: External, options: DestroyOptions): Promise<Destroyed>;
  status(key: External): Promise<StatusThere>;
  /** Takes a deletion back that the provider has not carried out yet. */
  restore(key: External): Promise<Restored>;
}

/** The providers of this installation by the names that keys know them by. */
export type KeyProviders = { readonly [name: string]: KeyProvider };
