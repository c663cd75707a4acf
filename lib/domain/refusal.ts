/** Why a command was refused. Closed: what each becomes on the wire is one table in `http/problem.ts`. */
export type RefusalCode =
  | 'access-denied' // the role or the grant is missing
  | 'key-not-found'
  | 'key-destroyed'
  | 'key-not-active' // not in a state that allows the operation
  | 'key-not-root' // only a root key can do this
  | 'ciphertext-unusable' // not sealed by this key, changed, or other authenticated data
  | 'alias-in-use'
  | 'dual-authorization-off' // the key has no dual-authorization policy
  | 'dual-authorization-irrevocable' // a key's policy is never taken off
  | 'approver-missing' // nobody could give the second authorization
  | 'nothing-pending' // no authorization of this deletion waits for a decision
  | 'window-closed' // the authorization's window has ended
  | 'own-request' // the second person must be somebody else
  | 'grant-too-young' // became Manager after the round began
  | 'service-identity' // service identities do not approve
  | 'requester-gone' // the requester does not hold the role any more that they asked with
  | 'other-round' // the decision was made for another round or authorization
  | 'already-decided'
  | 'deletion-under-way' // approved and being carried out
  | 'loss-changed' // what would be lost is no longer what was authorized
  | 'manifest-mismatch' // the decision names another manifest than the round's
  | 'confirmation-mismatch' // the typed characters are not the end of the key's id
  | 'stopped-meanwhile' // withdrawn between asking and recording
  | 'repeated-request' // the same person's retry of a set that is pending
  | 'too-many-rounds'
  | 'reauthorization-closed' // nothing lapsed or drifted that could be asked again
  | 'link-unknown'
  | 'link-withdrawn' // the person that the link was mailed to is not active any more
  | 'address-invalid' // no e-mail address
  | 'person-exists'
  | 'person-not-found'
  | 'last-managers' // would leave fewer than two Managers
  | 'too-many-managers'
  | 'too-many-people'
  | 'not-carried-out' // approved, but it did not count any more when the key was to be destroyed
  | 'still-working' // decided, but not carried out within the time that a call may take
  | 'conflict'; // changed by others again and again while this was tried

export interface Refusal {
  readonly code: RefusalCode;
  /** A sentence for people, where the code alone does not say what to do. Never holds a secret. */
  readonly detail?: string;
}

/** What a rule answers: the new value, or why not. */
export type Decision<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal };

export const accept = <T>(value: T): Decision<T> => ({ ok: true, value });

export const refuse = (
  code: RefusalCode,
  detail?: string,
): { readonly ok: false; readonly refusal: Refusal } => ({
  ok: false,
  refusal: detail === undefined ? { code } : { code, detail },
});
