import { KMSClient } from '@aws-sdk/client-kms';
import { AWS_KMS, kmsKeyProvider } from '../adapters/kms/key-provider.ts';
import type { KeyProviders } from '../ports/key-provider.ts';

/** How long AWS KMS may take, in milliseconds: it answers within 100, and a step asks it some ten times. */
const KMS_CLIENT = {
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
};

/** AWS KMS in every Region, with whatever credentials the AWS SDK finds; one client a Region. */
export function awsKmsProvider(
  open: (region: string) => KMSClient = (region) => new KMSClient({ ...KMS_CLIENT, region }),
): KeyProviders {
  const clients = new Map<string, KMSClient>();
  const clientFor = (region: string): KMSClient => {
    const known = clients.get(region);
    if (known !== undefined) return known;
    const made = open(region);
    clients.set(region, made);
    return made;
  };
  return { [AWS_KMS]: kmsKeyProvider(clientFor) };
}
