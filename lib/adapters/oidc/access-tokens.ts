import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { ACCESS_TOKEN_ALGORITHMS, CLOCK_SKEW, isOurAccessToken } from '../../domain/access-token.ts';
import { TransientError } from '../../domain/errors.ts';
import type { ExternalIdentity } from '../../domain/person.ts';
import { MINUTE, SECOND } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Discover, ISSUER_TIMEOUT, type OidcOptions } from './issuer.ts';

/** How long the issuer's keys are believed: a key that it took back is refused after that, in milliseconds. */
const KEYS_VALIDITY = 10 * MINUTE;
/** How soon they are asked for again because of a token that names another one: whoever sends many such tokens loads nobody. */
const KEYS_COOLDOWN = 30 * SECOND;
/** After they could not be had, they are not asked for again for so long. */
const LEFT_ALONE = 5 * SECOND;

/** Checks access tokens by the issuer's published keys, which are kept for a while. */
export function accessTokens(
  options: OidcOptions,
  discover: Discover,
  clock: Pick<Clock, 'now'>,
): (token: string) => Promise<ExternalIdentity | undefined> {
  const { keysCooldown = KEYS_COOLDOWN } = options;
  let keys: { readonly uri: string; readonly get: JWTVerifyGetKey } | undefined;
  let leftAloneUntil = 0;
  const keysAt = (uri: string): JWTVerifyGetKey => {
    if (keys?.uri !== uri) {
      const get = createRemoteJWKSet(new URL(uri), {
        timeoutDuration: ISSUER_TIMEOUT,
        cooldownDuration: keysCooldown,
        cacheMaxAge: KEYS_VALIDITY,
      });
      keys = { uri, get };
    }
    return keys.get;
  };
  const unavailable = (): never => {
    throw new TransientError('the keys of the OIDC issuer cannot be had');
  };
  return async (token) => {
    if (clock.now() < leftAloneUntil) return unavailable();
    try {
      const issuer = await discover();
      const uri = issuer.jwks_uri ?? '';
      if (new URL(options.issuer).protocol === 'https:' && !uri.startsWith('https:')) return unavailable();
      const { payload, protectedHeader } = await jwtVerify(token, keysAt(uri), {
        algorithms: [...ACCESS_TOKEN_ALGORITHMS],
        issuer: issuer.issuer,
        clockTolerance: CLOCK_SKEW,
        currentDate: new Date(clock.now()),
        requiredClaims: ['exp', 'sub'],
      });
      const isOurs = isOurAccessToken({ header: protectedHeader, claims: payload }, options);
      return isOurs && typeof payload.sub === 'string' && payload.sub !== ''
        ? { issuer: issuer.issuer, subject: payload.sub }
        : undefined;
    } catch (error) {
      if (isAboutTheToken(error)) return undefined;
      leftAloneUntil = clock.now() + LEFT_ALONE;
      return unavailable();
    }
  };
}

/** Whether the token is wrong; else its keys could not be had. */
const isAboutTheToken = (error: unknown): boolean =>
  error instanceof errors.JOSEError &&
  !(error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) &&
  // What the library throws where the keys' address answers anything but 200.
  error.code !== 'ERR_JOSE_GENERIC';
