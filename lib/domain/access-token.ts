/** How far clocks may be apart, in seconds. */
export const CLOCK_SKEW = 60;
/** What access tokens may be signed with: public keys alone, so that no client's secret signs one, and never `none`. */
export const ACCESS_TOKEN_ALGORITHMS: readonly string[] = ['RS256', 'ES256'];

/** What access tokens are to be made for. */
export interface Wanted {
  readonly clientId: string;
  /** What stands in their `aud`; undefined: nothing is asked of it, and they name our client. */
  readonly audience?: string | undefined;
}

/** A token that was signed by the issuer and is not expired. */
export interface VerifiedToken {
  readonly header: { readonly typ?: unknown };
  readonly claims: { readonly [name: string]: unknown };
}

/**
 * Whether it is an access token, and made for this installation: for its audience, or where none was agreed on for its
 * client, as Cognito's name it (`client_id`; others: `azp`). An ID token tells a client who somebody is, and is handed to
 * every page that they sign in to: it opens no API (RFC 9068, section 4; RFC 8725, section 3.12).
 */
export function isOurAccessToken({ header, claims }: VerifiedToken, { clientId, audience }: Wanted): boolean {
  if (!isAccessToken(header, claims)) return false;
  if (audience !== undefined) return [claims.aud].flat().includes(audience);
  return (claims.client_id ?? claims.azp) === clientId;
}

/** What only ID tokens have (OpenID Connect Core, sections 2 and 3.3.2.11). */
const OF_ID_TOKENS = ['nonce', 'at_hash', 'c_hash', 's_hash'] as const;

/**
 * Nothing says that it is an ID token, and something that it is none: its type (RFC 9068, section 2.1), Cognito's
 * `token_use`, or the scopes that it was given, which Entra calls `scp`.
 */
function isAccessToken({ typ }: VerifiedToken['header'], claims: VerifiedToken['claims']): boolean {
  if (OF_ID_TOKENS.some((name) => claims[name] !== undefined)) return false;
  if (claims.typ === 'ID') return false;
  if (claims.token_use !== undefined) return claims.token_use === 'access';
  const isTyped = typeof typ === 'string' && /^(?:application\/)?at\+jwt$/i.test(typ);
  return isTyped || claims.scope !== undefined || claims.scp !== undefined;
}
