import { CALLBACK_PATH } from '../../operations/sign-ins.ts';

/**
 * The console's addresses, in one place. `PATTERNS` is what pages are served under, `paths` what links lead to; both
 * without the base path of the public URL, which `visit.href` puts in front.
 */
export const PATTERNS = {
  home: '/',
  signIn: '/sign-in',
  /** To the issuer, back from it, and out of it. */
  signInElsewhere: '/sign-in/oidc',
  signedInElsewhere: CALLBACK_PATH,
  signOutElsewhere: '/sign-in/leave',
  /** Whoever came by a mailed link says that it is they who signed in. */
  confirmIdentity: '/sign-in/confirm',
  unbindIdentity: '/people/:personId/unbind',
  signOut: '/sign-out',
  instances: '/instances',
  keys: '/keys',
  newKey: '/new-key',
  key: '/keys/:keyId',
  /** What would be lost, and the form that asks for the deletion. */
  newDeletion: '/keys/:keyId/delete',
  /** The deletion by one person, of a key that asks for no second one. */
  soleDeletion: '/keys/:keyId/destroy',
  enableKey: '/keys/:keyId/enable',
  disableKey: '/keys/:keyId/disable',
  rotateKey: '/keys/:keyId/rotate',
  restoreKey: '/keys/:keyId/restore',
  dualAuthorization: '/keys/:keyId/dual-authorization',
  authorizations: '/authorizations',
  /** Deciding, withdrawing, asking again, and what became of it. */
  authorization: '/authorizations/:keyId/:authorizationId',
  /** Where each of these is done; the authorization's own page leads to those that are open to whoever is there. */
  approval: '/authorizations/:keyId/:authorizationId/decide',
  withdrawal: '/authorizations/:keyId/:authorizationId/withdraw',
  reauthorization: '/authorizations/:keyId/:authorizationId/ask-again',
  /** To print: who, when, what was shown, from where. */
  evidence: '/authorizations/:keyId/:authorizationId/evidence',
  people: '/people',
  newPerson: '/new-person',
  person: '/people/:personId',
  removePerson: '/people/:personId/remove',
  /** One's own and those of one's services. */
  apiKeys: '/api-keys',
  revokeApiKey: '/api-keys/:personId/:apiKeyId/revoke',
  settings: '/settings',
  mails: '/mails',
  /** What waits on whom, for operators. */
  waiting: '/waiting',
  health: '/health',
  changeRequests: '/change-requests',
  changeRequest: '/change-requests/:requestId',
  drills: '/drills',
  drill: '/drills/:drillId',
} as const satisfies { readonly [name: string]: `/${string}` };

const part = encodeURIComponent;

export const paths = {
  home: PATTERNS.home,
  signIn: PATTERNS.signIn,
  signInElsewhere: PATTERNS.signInElsewhere,
  signOutElsewhere: PATTERNS.signOutElsewhere,
  confirmIdentity: PATTERNS.confirmIdentity,
  unbindIdentity: (personId: string) => `/people/${part(personId)}/unbind`,
  signOut: PATTERNS.signOut,
  instances: PATTERNS.instances,
  keys: PATTERNS.keys,
  newKey: PATTERNS.newKey,
  key: (keyId: string) => `/keys/${part(keyId)}`,
  newDeletion: (keyId: string) => `/keys/${part(keyId)}/delete`,
  soleDeletion: (keyId: string) => `/keys/${part(keyId)}/destroy`,
  enableKey: (keyId: string) => `/keys/${part(keyId)}/enable`,
  disableKey: (keyId: string) => `/keys/${part(keyId)}/disable`,
  rotateKey: (keyId: string) => `/keys/${part(keyId)}/rotate`,
  restoreKey: (keyId: string) => `/keys/${part(keyId)}/restore`,
  dualAuthorization: (keyId: string) => `/keys/${part(keyId)}/dual-authorization`,
  authorizations: PATTERNS.authorizations,
  authorization: (keyId: string, authorizationId: string) =>
    `/authorizations/${part(keyId)}/${part(authorizationId)}`,
  approval: (keyId: string, authorizationId: string) =>
    `/authorizations/${part(keyId)}/${part(authorizationId)}/decide`,
  withdrawal: (keyId: string, authorizationId: string) =>
    `/authorizations/${part(keyId)}/${part(authorizationId)}/withdraw`,
  reauthorization: (keyId: string, authorizationId: string) =>
    `/authorizations/${part(keyId)}/${part(authorizationId)}/ask-again`,
  evidence: (keyId: string, authorizationId: string) =>
    `/authorizations/${part(keyId)}/${part(authorizationId)}/evidence`,
  people: PATTERNS.people,
  newPerson: PATTERNS.newPerson,
  person: (personId: string) => `/people/${part(personId)}`,
  removePerson: (personId: string) => `/people/${part(personId)}/remove`,
  apiKeys: PATTERNS.apiKeys,
  revokeApiKey: (personId: string, apiKeyId: string) =>
    `/api-keys/${part(personId)}/${part(apiKeyId)}/revoke`,
  settings: PATTERNS.settings,
  mails: PATTERNS.mails,
  waiting: PATTERNS.waiting,
  health: PATTERNS.health,
  changeRequests: PATTERNS.changeRequests,
  changeRequest: (requestId: string) => `/change-requests/${part(requestId)}`,
  drills: PATTERNS.drills,
  drill: (drillId: string) => `/drills/${part(drillId)}`,
} as const;

/** In bytes of UTF-16: more is no address of ours. */
const LONGEST_NEXT = 500;
// Browsers take a backslash for a slash, and leave out tabs and line breaks: what is behind them could be a host.
const PLAIN_PATH = /^\/(?![/\\])[^\\\p{Cc}\p{White_Space}]*$/u;

/** Where to go on after signing in: a path on this very site, or home. */
export function safeNext(text: string | null | undefined): string {
  if (text === null || text === undefined || text.length > LONGEST_NEXT || !PLAIN_PATH.test(text)) {
    return paths.home;
  }
  const here = 'http://here.invalid';
  return URL.canParse(text, here) && new URL(text, here).origin === here ? text : paths.home;
}
