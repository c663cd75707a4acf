import type { AuthorizationServer } from 'oauth4webapi';
import type { Clock } from '../../ports/clock.ts';
import type { Identity, IssuerAnswer } from '../../ports/identity.ts';
import type { Log } from '../../ports/log.ts';
import { accessTokens } from './access-tokens.ts';
import { discovery, type OidcOptions } from './issuer.ts';
import { redeemed, signInUrl, signOutUrl } from './sign-in.ts';
import { troubleOf } from './trouble.ts';

/**
 * An OpenID Connect issuer, by its discovery document. It is asked when it is needed first: an issuer that is down keeps
 * nothing from starting. What it refuses goes to the log by its code.
 */
export function oidcIdentity(
  options: OidcOptions,
  { clock, log }: { readonly clock: Pick<Clock, 'now'>; readonly log: Log },
): Identity {
  const discover = discovery(options, clock);
  const asked = async <T>(ask: (issuer: AuthorizationServer) => T | Promise<T>): Promise<IssuerAnswer<T>> => {
    try {
      return { ok: true, value: await ask(await discover()) };
    } catch (error) {
      const { trouble, code } = troubleOf(error);
      log.error('the OIDC issuer did not say who somebody is', { trouble, code });
      return { ok: false, trouble };
    }
  };
  return {
    label: options.label,
    signInUrl: (checks) => asked((issuer) => signInUrl(issuer, options, checks)),
    signedIn: (query, checks) => asked((issuer) => redeemed(issuer, options, { query, checks })),
    signOutUrl: (returnTo) => asked((issuer) => signOutUrl(issuer, options, returnTo)),
    verify: accessTokens(options, discover, clock),
  };
}
