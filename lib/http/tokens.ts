import { decodeJwt, importJWK, jwtVerify } from 'jose';
import { iamIdOf, type PersonId } from '../domain/person.ts';
import { SECOND } from '../domain/time.ts';
import { sha256, validCredential } from '../operations/caller.ts';
import type { Context } from '../operations/context.ts';
import { LOCAL_ISSUER } from '../operations/new-person.ts';
import type { Credential } from '../operations/records/credential.ts';
import type { OpenSession } from '../operations/sessions.ts';

/** How long an access token is good for, in seconds, as IBM's IAM has it. */
export const TOKEN_LIFETIME = 3_600;

export const API_KEY_GRANT = 'urn:ibm:params:oauth:grant-type:apikey';
export const REFRESH_GRANT = 'refresh_token';

const ALGORITHM = 'RS256';
const SCOPE = 'ibm openid';

/** The account in `crn:v1:bluemix:public:kms:<region>:a/<account>`. */
const accountOf = ({ settings }: Context): string => /:a\/([^:]*)$/.exec(settings.crnScope)?.[1] ?? '';

/** An access token as IBM's IAM answers it; `expiration` in seconds since 1970. */
export interface TokenAnswer {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly expiration: number;
  readonly scope: string;
}

/** A token for whose API key this is: a compact JWS (RFC 7515) with the claims that Key Protect's clients read. */
export async function issueToken(
  context: Context,
  { credential, refreshToken }: OpenSession,
): Promise<TokenAnswer> {
  const iat = Math.floor(context.clock.now() / SECOND);
  const exp = iat + TOKEN_LIFETIME;
  const { kid } = await context.signer.publicKey();
  const header = { alg: ALGORITHM, typ: 'JWT', kid };
  const signingInput = `${encoded(header)}.${encoded(claimsOf(context, credential, { iat, exp }))}`;
  const signature = await context.signer.sign(Buffer.from(signingInput));
  return {
    access_token: `${signingInput}.${Buffer.from(signature).toString('base64url')}`,
    refresh_token: refreshToken,
    token_type: 'Bearer',
    expires_in: TOKEN_LIFETIME,
    expiration: exp,
    scope: SCOPE,
  };
}

function claimsOf(
  context: Context,
  { personId, hash }: Credential,
  times: { readonly iat: number; readonly exp: number },
) {
  const iamId = iamIdOf(personId);
  return {
    iam_id: iamId,
    id: iamId,
    sub: iamId,
    sub_type: 'Profile',
    person_id: personId,
    // So that the token ends with the API key that it was made from.
    api_key_hash: hash,
    account: { bss: accountOf(context) },
    ...times,
    iss: LOCAL_ISSUER,
    grant_type: API_KEY_GRANT,
    scope: SCOPE,
    client_id: 'default',
  };
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Whether a text says of itself that `issueToken` made it, or says nothing: then no issuer is asked about it. */
export function isOurToken(token: string): boolean {
  try {
    const { iss } = decodeJwt(token);
    return iss === undefined || iss === LOCAL_ISSUER;
  } catch {
    return true;
  }
}

/** What a token of ours says for good. */
interface Claims {
  readonly personId: PersonId;
  readonly apiKeyHash: string;
  /** In seconds since 1970. */
  readonly exp: number;
}

/** Tokens whose signature is known to be ours, some 300 bytes each. Full: all are verified again. */
const MOST_KNOWN = 10_000;

/**
 * Reads tokens that `issueToken` made: signed by this installation's key, by its issuer, not expired, and made from an
 * API key that is still good. A signature is verified once, since that costs more than the rest of a read; the time and
 * the API key are looked at each time.
 * @returns whose token it is; undefined for any other text.
 */
export function tokenReader(context: Context): (token: string) => Promise<PersonId | undefined> {
  const verify = tokenVerifier(context);
  // By their SHA-256, so that no token is kept.
  const known = new Map<string, Claims>();
  return async (token) => {
    const name = sha256(token);
    const claims = known.get(name) ?? (await verify(token));
    if (claims === undefined) return undefined;
    if (known.size >= MOST_KNOWN && !known.has(name)) known.clear();
    known.set(name, claims);
    if (claims.exp <= Math.floor(context.clock.now() / SECOND)) return undefined;
    const credential = await validCredential(context, claims.apiKeyHash);
    return credential?.personId === claims.personId ? claims.personId : undefined;
  };
}

function tokenVerifier({ signer, clock }: Context): (token: string) => Promise<Claims | undefined> {
  let key: ReturnType<typeof importJWK> | undefined;
  const publicKey = () => {
    key ??= signer.publicKey().then((jwk) => importJWK(jwk, ALGORITHM));
    // A key that could not be had now is asked for again by the next request.
    return key.catch((error: unknown) => {
      key = undefined;
      throw error;
    });
  };
  return async (token) => {
    const verificationKey = await publicKey();
    const claims = await jwtVerify(token, verificationKey, {
      algorithms: [ALGORITHM],
      issuer: LOCAL_ISSUER,
      currentDate: new Date(clock.now()),
      requiredClaims: ['iat', 'exp'],
    }).then(
      ({ payload }) => payload,
      () => undefined,
    );
    const { person_id: personId, api_key_hash: apiKeyHash, exp } = claims ?? {};
    if (typeof personId !== 'string' || typeof apiKeyHash !== 'string' || exp === undefined) return undefined;
    return { personId, apiKeyHash, exp };
  };
}
