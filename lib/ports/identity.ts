import type { ExternalIdentity } from '../domain/person.ts';

/** Why an issuer did not say who somebody is. */
export type IssuerTrouble =
  | 'unreachable' // no answer in time, or none that can be read
  | 'misconfigured' // it does not know our client or its secret, or is another issuer than we were told
  | 'broken-off' // whoever was to sign in, or the issuer, did not want to
  | 'refused'; // what came back does not belong to this sign-in, was used before, or proves nothing

/** What the issuer answered, or why it did not. */
export type IssuerAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly trouble: IssuerTrouble };

/** What one sign-in is bound to. The issuer sees `state` and `nonce`, and of `verifier` its SHA-256 until the end. */
export interface SignInChecks {
  /** Comes back with the browser (RFC 6749, section 10.12). */
  readonly state: string;
  /** Comes back in the ID token (OpenID Connect Core, section 3.1.2.1). */
  readonly nonce: string;
  /** Shows that who redeems the code is who asked for it (RFC 7636). */
  readonly verifier: string;
  /** Where the browser comes back to. */
  readonly redirectUri: string;
}

/** Who an issuer says that somebody is. */
export interface SignedIn extends ExternalIdentity {
  /** What they are called there, to be shown to themselves. It is never looked up. */
  readonly name?: string;
}

/** An OIDC issuer, which says who somebody is. What they may do stands in our own tables. */
export interface Identity {
  /** What people know it by. */
  readonly label: string;
  /** The address to send a browser to. */
  signInUrl(checks: SignInChecks): Promise<IssuerAnswer<string>>;
  /** Who came back. @param query what the browser brought along. */
  signedIn(query: URLSearchParams, checks: SignInChecks): Promise<IssuerAnswer<SignedIn>>;
  /** Where a browser signs out of the issuer itself; undefined where the issuer has no such address. */
  signOutUrl(returnTo: string): Promise<IssuerAnswer<string | undefined>>;
  /**
   * Whose access token this is, made for this installation; undefined for any other text, ID tokens among them.
   * @throws TransientError when the issuer's keys cannot be had.
   */
  verify(token: string): Promise<ExternalIdentity | undefined>;
}
