import { GetKeyLastUsageCommand, type KMSClient } from '@aws-sdk/client-kms';
import type { LastUse } from '../../domain/external-key.ts';

/**
 * When the key was last used, as far as AWS KMS knows. It records uses since a date (`TrackingStartDate`): a key that is
 * older and has no use on record may have been used before. It does not tell of other accounts' keys. A permission that
 * is missing must not keep a key from being deleted, so it is "not known" then as well.
 */
export async function lastUseOf(client: KMSClient, KeyId: string): Promise<LastUse> {
  try {
    const answer = await client.send(new GetKeyLastUsageCommand({ KeyId }));
    const { KeyLastUsage: { Timestamp, Operation } = {}, TrackingStartDate, KeyCreationDate } = answer;
    if (Timestamp !== undefined) {
      return {
        known: 'used',
        at: Timestamp.toISOString(),
        ...(Operation !== undefined && { operation: Operation }),
      };
    }
    if (TrackingStartDate === undefined) return { known: 'not known' };
    const wasSeenFromTheStart = KeyCreationDate !== undefined && KeyCreationDate >= TrackingStartDate;
    return wasSeenFromTheStart
      ? { known: 'never' }
      : { known: 'not known', since: TrackingStartDate.toISOString() };
  } catch {
    return { known: 'not known' };
  }
}
