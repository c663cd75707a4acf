import {
  type AuthorizationServer,
  allowInsecureRequests,
  discoveryRequest,
  processDiscoveryResponse,
} from 'oauth4webapi';
import { HOUR, SECOND } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';

/** How long an issuer may take for one answer, in milliseconds. */
export const ISSUER_TIMEOUT = 5 * SECOND;
/** For how long what it says of itself is believed; its keys are looked up more often. */
const DISCOVERY_VALIDITY = HOUR;
/** After it could not be reached, it is not tried again for so long: whoever waits for it would wait in vain. */
const LEFT_ALONE = 5 * SECOND;

export interface OidcOptions {
  /** As it stands in the tokens' `iss`; with or without a slash at the end. */
  readonly issuer: string;
  readonly clientId: string;
  /** Absent: a public client, whose codes are bound to who asked for them (PKCE) and to nothing else. */
  readonly clientSecret?: string | undefined;
  /** What access tokens for the API have in their `aud`; absent: they name the client. */
  readonly audience?: string | undefined;
  /** What people know the issuer by. */
  readonly label: string;
  /** How soon the issuer's keys may be asked for again because a token names one that is not known, in milliseconds. Default 30 s. */
  readonly keysCooldown?: number;
}

/** What the issuer says of itself (OpenID Connect Discovery), asked for when it is needed first. */
export type Discover = () => Promise<AuthorizationServer>;

/** Every request to the issuer: with a time limit, and by TLS unless the issuer is on this machine. */
export const requestOptions = ({ issuer }: Pick<OidcOptions, 'issuer'>) => ({
  [allowInsecureRequests]: new URL(issuer).protocol === 'http:',
  signal: () => AbortSignal.timeout(ISSUER_TIMEOUT),
});

/** @throws what `processDiscoveryResponse` and `fetch` throw. */
export function discovery(options: OidcOptions, clock: Pick<Clock, 'now'>): Discover {
  let known: { readonly until: number; readonly found: Promise<AuthorizationServer> } | undefined;
  return async () => {
    if (known !== undefined && clock.now() < known.until) return known.found;
    const found = discover(options);
    const asked = { until: clock.now() + DISCOVERY_VALIDITY, found };
    known = asked;
    found.catch(() => {
      if (known === asked) known = { until: clock.now() + LEFT_ALONE, found };
    });
    return found;
  };
}

async function discover(options: OidcOptions): Promise<AuthorizationServer> {
  const issuer = new URL(options.issuer);
  const response = await discoveryRequest(issuer, requestOptions(options));
  // Settings leave the slash at the end away; the issuer's own name is the one that counts.
  const says: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  const named = (says as { readonly issuer?: unknown } | undefined)?.issuer;
  const expected = named === `${options.issuer}/` ? new URL(named) : issuer;
  return processDiscoveryResponse(expected, response);
}
