import { type External, type ExternalFacts, sayProvider } from '../domain/external-key.ts';
import type { Key } from '../domain/key.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { KeyProvider } from '../ports/key-provider.ts';
import type { Context } from './context.ts';

type Providing = Pick<Context, 'providers'>;

/** The provider that keeps this key. */
export function providerOf({ providers = {} }: Providing, external: External): Decision<KeyProvider> {
  const provider = Object.hasOwn(providers, external.providerName)
    ? providers[external.providerName]
    : undefined;
  return provider?.kind === external.provider
    ? accept(provider)
    : refuse(
        'provider-unknown',
        `${sayProvider(external)}, where the key lives, is not set up in this installation`,
      );
}

/**
 * What the provider says of a key that lives elsewhere; undefined for one that lives here.
 * @throws TransientError when the provider does not answer now.
 */
export async function factsThere(
  context: Providing,
  { external }: Pick<Key, 'external'>,
): Promise<Decision<ExternalFacts | undefined>> {
  if (external === undefined) return accept(undefined);
  const provider = providerOf(context, external);
  if (!provider.ok) return provider;
  const described = await provider.value.describe(external);
  if ('facts' in described) return accept(described.facts);
  return refuse('provider-refused', `${sayProvider(external)}: ${described.detail}`);
}
