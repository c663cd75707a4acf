import { type EpochMillis, MINUTE } from '../../domain/time.ts';
import type { SignedIn } from '../../ports/identity.ts';
import type { Item, ItemKey, Store } from '../../ports/store.ts';
import { attributesOf, recordOf } from './attributes.ts';
import { dueAt } from './due.ts';

/** How long somebody may take at the issuer, and then to say that it is they, in milliseconds each. */
export const SIGN_IN_VALIDITY = 10 * MINUTE;

/**
 * A sign-in that is under way at the issuer. Of the cookie's 256 random bits it keeps the SHA-256 alone, and nothing of
 * what the sign-in is bound to: that is made of the cookie.
 */
export interface SignIn {
  readonly hash: string;
  readonly expiresAt: EpochMillis;
  /** Where they wanted to go. */
  readonly next?: string;
  /** The mailed link that they came by, by the SHA-256 of its token: they get a binding, and no session yet. */
  readonly claim?: string;
  /** Who the issuer says that they are: what is left is that they say so as well. Only with a claim. */
  readonly shown?: SignedIn;
}

/** Beside the sessions of the console, of which it becomes one. */
export const signInKey = (hash: string): ItemKey => ({
  table: 'main',
  partition: `console-session#${hash}`,
  sort: 'sign-in',
});

/** The sign-in; the sweeper takes it away when it has expired. */
export const signInItem = (signIn: SignIn): Item => ({
  ...signInKey(signIn.hash),
  attributes: attributesOf(signIn),
  indexes: { due: dueAt('console-session', signIn.expiresAt, signIn.hash) },
});

export async function loadSignIn(store: Store, hash: string): Promise<SignIn | undefined> {
  const item = await store.get(signInKey(hash));
  return item && recordOf<SignIn>(item);
}
