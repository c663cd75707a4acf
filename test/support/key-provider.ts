import type { External, ExternalFacts, StatusThere } from '../../lib/domain/external-key.ts';
import type { DestroyOptions, KeyProvider, ProviderRefusal } from '../../lib/ports/key-provider.ts';

/** A place where one key lives, as a provider keeps it: deleted at most once, whatever is asked how often. */
export interface Place {
  readonly provider: KeyProvider;
  /** What is there now; a test changes it as somebody there would. */
  facts: ExternalFacts;
  status: StatusThere;
  /** How often a deletion has had an effect. */
  deletions: number;
  /** What was asked, oldest first. */
  readonly calls: string[];
  /** Comes before each call; throws, or hangs, as the way there does. */
  before: (call: string) => Promise<void> | void;
  /** Comes after each effect and before its answer. */
  after: (call: string) => Promise<void> | void;
  /** Nobody is told what became of the key. */
  isBlind: boolean;
  /** What a deletion is refused with. */
  refusal: ProviderRefusal | undefined;
}

export const ARN = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
export const PENDING_DAYS = 7;

export function openPlace(now: () => number, options: { readonly pendingDays?: number } = {}): Place {
  const { pendingDays = PENDING_DAYS } = options;
  const place: Place = {
    provider: {
      kind: 'aws-kms',
      describe: async () => {
        await place.before('describe');
        place.calls.push('describe');
        return { facts: place.facts };
      },
      destroy: async (_key: External, asked: DestroyOptions) => {
        await place.before('destroy');
        place.calls.push(`destroy ${asked.idempotencyToken}`);
        if (place.refusal !== undefined && place.status.status === 'alive') return place.refusal;
        if (place.status.status === 'alive') {
          place.deletions += 1;
          place.status = { status: 'pending deletion', deletionAt: now() + pendingDays * 86_400_000 };
        }
        await place.after('destroy');
        const { status } = place;
        return {
          destroyed: true,
          ...('deletionAt' in status && status.deletionAt !== undefined && { deletionAt: status.deletionAt }),
        };
      },
      status: async () => {
        await place.before('status');
        place.calls.push('status');
        return place.isBlind ? { status: 'not known', why: 'not allowed' } : place.status;
      },
      restore: async () => {
        await place.before('restore');
        place.calls.push('restore');
        if (place.status.status === 'gone') return { refused: 'not-possible', detail: 'it is gone' };
        place.status = { status: 'alive', state: 'Disabled' };
        return { restored: true };
      },
    },
    facts: {
      provider: 'aws-kms',
      providerName: 'aws-kms',
      reference: ARN,
      state: 'Enabled',
      region: 'eu-central-1',
      aliases: ['alias/payroll'],
      users: { total: 1, listed: ['arn:aws:iam::111122223333:role/Payroll'] },
      lastUse: { known: 'never' },
      pendingWindowDays: pendingDays,
    },
    status: { status: 'alive', state: 'Enabled' },
    deletions: 0,
    calls: [],
    before: () => {},
    after: () => {},
    isBlind: false,
    refusal: undefined,
  };
  return place;
}
