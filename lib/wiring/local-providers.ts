import { readRemotes } from '../adapters/key-protect/configuration.ts';
import { remoteKeyProtect } from '../adapters/key-protect/key-provider.ts';
import { systemClock } from '../adapters/system/clock.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyProviders } from '../ports/key-provider.ts';

export interface ProviderOptions {
  /** True: keys of AWS KMS, with the credentials that the AWS SDK finds. */
  readonly awsKms?: boolean | undefined;
  /** A file that names remote Key Protects and where their API keys are. */
  readonly keyProtectConfig?: string | undefined;
  readonly clock?: Clock;
}

/**
 * Where keys live that do not live in the data folder.
 * @throws PermanentError when the configuration cannot be used.
 */
export async function localProviders(options: ProviderOptions): Promise<KeyProviders> {
  const { awsKms, keyProtectConfig, clock = systemClock } = options;
  const remotes = keyProtectConfig === undefined ? [] : await readRemotes(keyProtectConfig);
  return {
    // Its SDK is loaded where it is asked for: it takes longer than everything else at the start.
    ...(awsKms === true && (await import('./key-providers.ts')).awsKmsProvider()),
    ...Object.fromEntries(remotes.map((remote) => [remote.name, remoteKeyProtect(remote, clock)])),
  };
}
