import {
  type AuthorizationServer,
  authorizationCodeGrantRequest,
  type Client,
  ClientSecretPost,
  calculatePKCECodeChallenge,
  clockTolerance,
  getValidatedIdTokenClaims,
  None,
  OperationProcessingError,
  processAuthorizationCodeResponse,
  validateApplicationLevelSignature,
  validateAuthResponse,
} from 'oauth4webapi';
import { CLOCK_SKEW } from '../../domain/access-token.ts';
import type { SignedIn, SignInChecks } from '../../ports/identity.ts';
import { type OidcOptions, requestOptions } from './issuer.ts';

/** `email` so that people see which account it is; nobody is found by it. */
const SCOPE = 'openid email';
/** OpenID Connect Core, section 2: at most 255 ASCII characters. */
const LONGEST_SUBJECT = 255;
const LONGEST_NAME = 254;

/** The issuer's page, with everything that the way back is checked against. */
export async function signInUrl(
  issuer: AuthorizationServer,
  { clientId }: OidcOptions,
  { state, nonce, verifier, redirectUri }: SignInChecks,
): Promise<string> {
  const url = new URL(endpoint(issuer.authorization_endpoint, issuer));
  const parameters = {
    client_id: clientId,
    response_type: 'code',
    scope: SCOPE,
    redirect_uri: redirectUri,
    state,
    nonce,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

/**
 * Redeems the code that a browser brought along, and reads who it is for. No token is kept.
 * @throws what the library throws where anything of it is not right.
 */
export async function redeemed(
  issuer: AuthorizationServer,
  options: OidcOptions,
  { query, checks }: { readonly query: URLSearchParams; readonly checks: SignInChecks },
): Promise<SignedIn> {
  const client: Client = { client_id: options.clientId, [clockTolerance]: CLOCK_SKEW };
  const { state, nonce, verifier, redirectUri } = checks;
  const parameters = validateAuthResponse(issuer, client, query, state);
  const { clientSecret } = options;
  const authentication = clientSecret === undefined ? None() : ClientSecretPost(clientSecret);
  const response = await authorizationCodeGrantRequest(
    issuer,
    client,
    authentication,
    parameters,
    redirectUri,
    verifier,
    requestOptions(options),
  );
  const tokens = await processAuthorizationCodeResponse(issuer, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
  });
  // The code came from the issuer by TLS, which OpenID Connect (Core, section 3.1.3.7) lets stand for a signature.
  await validateApplicationLevelSignature(issuer, response, requestOptions(options));
  const claims = getValidatedIdTokenClaims(tokens);
  if (claims === undefined || claims.sub === '' || claims.sub.length > LONGEST_SUBJECT) {
    throw new OperationProcessingError('the ID token names nobody', { code: 'OAUTH_INVALID_RESPONSE' });
  }
  return { issuer: claims.iss, subject: claims.sub, ...nameIn(claims) };
}

function nameIn(claims: { readonly [name: string]: unknown }): { readonly name?: string } {
  const name = [claims.email, claims.preferred_username, claims.name].find(
    (one) => typeof one === 'string' && one !== '',
  );
  return typeof name === 'string' ? { name: name.slice(0, LONGEST_NAME) } : {};
}

/**
 * Where a browser signs out of the issuer (OpenID Connect RP-Initiated Logout). Without an ID token, which is not kept: the
 * issuer asks whether to. Cognito calls the address to come back to by another name.
 */
export function signOutUrl(
  issuer: AuthorizationServer,
  { clientId }: OidcOptions,
  returnTo: string,
): string | undefined {
  if (issuer.end_session_endpoint === undefined) return undefined;
  const url = new URL(endpoint(issuer.end_session_endpoint, issuer));
  const isCognito = new URL(issuer.issuer).hostname.startsWith('cognito-idp.');
  url.searchParams.set('client_id', clientId);
  url.searchParams.set(isCognito ? 'logout_uri' : 'post_logout_redirect_uri', returnTo);
  return url.href;
}

/** An address that a browser is sent to: by TLS unless the issuer is on this machine, and never a script. */
function endpoint(address: string | undefined, { issuer }: AuthorizationServer): string {
  const protocol = address !== undefined && URL.canParse(address) ? new URL(address).protocol : undefined;
  const isRight = protocol === 'https:' || (protocol === 'http:' && new URL(issuer).protocol === 'http:');
  if (address === undefined || !isRight) {
    throw new OperationProcessingError('the issuer names no address that can be used', {
      code: 'OAUTH_INVALID_SERVER_METADATA',
    });
  }
  return address;
}
