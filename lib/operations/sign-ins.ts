import { createHash, randomBytes } from 'node:crypto';
import type { Identity, IssuerAnswer, SignedIn, SignInChecks } from '../ports/identity.ts';
import { sha256 } from './caller.ts';
import type { Context } from './context.ts';
import { loadSignIn, SIGN_IN_VALIDITY, type SignIn, signInItem, signInKey } from './records/sign-in.ts';

/** Where the issuer sends a browser back to, below the public URL. It is registered there. */
export const CALLBACK_PATH = '/sign-in/callback';

/** Base64url of 256 random bits. Anything else is not looked for. */
const TOKEN = /^[\w-]{43}$/;

/** A sign-in that has begun: the cookie's value, which is kept nowhere, and where the browser goes. */
export interface BegunSignIn {
  readonly token: string;
  readonly url: string;
}

/**
 * Begins a sign-in at the issuer. Nothing is kept where the issuer cannot be reached.
 * @param wanted where they want to go, or the SHA-256 of the mailed link that they came by.
 */
export async function beginSignIn(
  context: Context,
  identity: Identity,
  wanted: Pick<SignIn, 'next' | 'claim'>,
): Promise<IssuerAnswer<BegunSignIn>> {
  const token = randomBytes(32).toString('base64url');
  const url = await identity.signInUrl(checksOf(context, token));
  if (!url.ok) return url;
  await keep(context, token, wanted);
  return { ok: true, value: { token, url: url.value } };
}

async function keep({ store, clock }: Context, token: string, signIn: Omit<SignIn, 'hash' | 'expiresAt'>) {
  const expiresAt = clock.now() + SIGN_IN_VALIDITY;
  const item = signInItem({ ...signIn, hash: sha256(token), expiresAt });
  await store.commit([{ put: item, when: [{ item: 'absent' }] }]);
}

/**
 * What a sign-in is bound to, made of the cookie's secret: whoever reads the store has none of it, and a browser without
 * the cookie redeems no code. 256 random bits need no slow hash.
 */
const checksOf = ({ settings }: Pick<Context, 'settings'>, token: string): SignInChecks => ({
  state: derived('state', token),
  nonce: derived('nonce', token),
  verifier: derived('verifier', token),
  redirectUri: `${settings.publicUrl}${CALLBACK_PATH}`,
});

const derived = (what: string, token: string): string =>
  createHash('sha256').update(`${what} ${token}`).digest('base64url');

/** Who came back from the issuer, and what for. */
export interface FinishedSignIn {
  readonly who: SignedIn;
  readonly next: string | undefined;
  /** The secret under which whoever came by a mailed link says that it is they. */
  readonly toConfirm?: string;
}

/**
 * Ends a sign-in, once: whatever comes of it, the same cookie and the same address do nothing any more.
 * @param query what the browser brought along from the issuer.
 * @returns `unknown` for a cookie that is none, or is none any more.
 */
export async function finishSignIn(
  context: Context,
  identity: Identity,
  { token, query }: { readonly token: string | undefined; readonly query: URLSearchParams },
): Promise<IssuerAnswer<FinishedSignIn> | 'unknown'> {
  const signIn = await takeSignIn(context, token);
  if (token === undefined || signIn === undefined || signIn.shown !== undefined) return 'unknown';
  const answer = await identity.signedIn(query, checksOf(context, token));
  if (!answer.ok) return answer;
  const { next, claim } = signIn;
  const who = answer.value;
  if (claim === undefined) return { ok: true, value: { who, next } };
  // Under a new secret: what was at the issuer is over.
  const toConfirm = randomBytes(32).toString('base64url');
  await keep(context, toConfirm, { claim, shown: who });
  return { ok: true, value: { who, next, toConfirm } };
}

/** Who has to say that it is they, who came by a mailed link. Changes nothing. */
export async function shownSignIn(
  { store, clock }: Context,
  token: string | undefined,
): Promise<{ readonly claim: string; readonly shown: SignedIn } | undefined> {
  const signIn = isToken(token) ? await loadSignIn(store, sha256(token)) : undefined;
  if (signIn?.claim === undefined || signIn.shown === undefined || clock.now() >= signIn.expiresAt)
    return undefined;
  return { claim: signIn.claim, shown: signIn.shown };
}

/** The sign-in, for whoever takes it first: it is gone then. */
export async function takeSignIn(
  { store, clock }: Pick<Context, 'store' | 'clock'>,
  token: string | undefined,
): Promise<SignIn | undefined> {
  if (!isToken(token)) return undefined;
  const signIn = await loadSignIn(store, sha256(token));
  if (signIn === undefined || clock.now() >= signIn.expiresAt) return undefined;
  const taken = await store.commit([{ delete: signInKey(signIn.hash), when: [{ item: 'present' }] }]);
  return taken.committed ? signIn : undefined;
}

const isToken = (token: string | undefined): token is string => token !== undefined && TOKEN.test(token);
