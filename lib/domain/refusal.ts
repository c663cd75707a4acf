/** Why a command was refused. Closed: what each becomes on the wire is one table in `http/problem.ts`. */
export type RefusalCode =
  | 'access-denied' // the role or the grant is missing
  | 'key-not-found'
  | 'key-destroyed'
  | 'key-not-active' // not in a state that allows the operation
  | 'key-not-root' // only a root key can do this
  | 'payload-required' // the material of this key comes from outside, the next version's as well
  | 'payload-refused' // the material of this key is generated here
  | 'rotated-recently'
  | 'too-many-versions'
  | 'too-early' // too soon after the last action on the key
  | 'rotation-not-by-policy' // only generated root keys are rotated by a policy
  | 'interval-missing' // a rotation policy without how often
  | 'key-expired' // its expiration date has come, so that it is not restored
  | 'restore-expired' // the restore window has ended: the material is shredded, or about to be
  | 'ciphertext-unusable' // not sealed by this key, changed, or other authenticated data
  | 'alias-in-use'
  | 'alias-not-found' // not an alias of this key
  | 'too-many-aliases'
  | 'key-ring-not-found'
  | 'key-ring-exists'
  | 'key-ring-not-empty' // keys are in it that do not move to the default ring by themselves
  | 'key-ring-reserved' // the default ring is neither made nor deleted
  | 'too-many-key-rings'
  | 'search-too-broad' // more keys than a search looks through
  | 'import-not-root' // only root keys are imported encrypted
  | 'import-token-expired' // expired, all its retrievals used, or never made
  | 'import-payload-unusable' // not encrypted under the import token's key
  | 'import-nonce-undecipherable' // not encrypted with the material, or another iv
  | 'import-nonce-foreign' // not the nonce of the import token
  | 'dual-authorization-off' // the key has no dual-authorization policy
  | 'dual-authorization-irrevocable' // a key's policy is never taken off
  | 'approver-missing' // nobody could give the second authorization
  | 'nothing-pending' // no authorization of this deletion waits for a decision
  | 'window-closed' // the authorization's window has ended
  | 'own-request' // the second person must be somebody else
  | 'own-gain' // nobody approves what lets themselves do more
  | 'grant-too-young' // became Manager after the round began, or has another address since
  | 'service-identity' // service identities do not approve
  | 'requests-frozen' // a Manager did not expect what this person asked for, and no other one has lifted that
  | 'own-freeze' // nobody lifts the freeze of their own requests
  | 'credential-needed' // the instance asks for a credential with an approval, and none that is valid was sent
  | 'other-person' // the credential is not the one of the person that the link was mailed to
  | 'manifest-needed' // the instance asks for the manifest's digest with an approval
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
  | 'retention-found' // a resource that the key protects has a retention policy, which no force lifts
  | 'resources-protected' // resources are registered with the key, and the deletion is not forced
  | 'service-only' // only a service identity can do this
  | 'registration-not-root' // resources are registered with root keys alone
  | 'registration-key-state' // the key is not in a state that allows it
  | 'registration-not-found'
  | 'key-version-unknown'
  | 'too-many-registrations'
  | 'link-unknown'
  | 'link-withdrawn' // the person that the link was mailed to is not active any more
  | 'address-invalid' // no e-mail address
  | 'address-mismatch' // not the address of the person that the link was mailed to
  | 'claim-not-possible' // nobody to mail a link to an API key to
  | 'claimed-already' // the link has given its API key before
  | 'claim-ended' // the link to an API key is too old, or was replaced
  | 'identity-taken' // whoever signs in so is somebody else in this instance
  | 'identity-not-bound' // nobody signs in at an issuer as this person
  | 'drill-not-found' // no drill of this id
  | 'drill-under-way' // one at a time
  | 'drill-ended' // everybody has confirmed, or its time is over
  | 'drill-not-asked' // who was no Manager when it began is not asked
  | 'mail-not-found' // no mail of this id waits for delivery or was given up
  | 'link-not-kept' // the mail came back with its link, and sending it again makes no other one
  | 'authorization-not-found' // the key's deletion was never asked for under this id
  | 'person-exists'
  | 'person-not-found'
  | 'last-managers' // would leave fewer than two Managers
  | 'too-many-managers'
  | 'too-many-grants' // on parts of the instance, to one person
  | 'too-many-api-keys'
  | 'api-key-not-found'
  | 'too-many-people'
  | 'key-access' // the instance's policy on creating and importing keys does not allow it
  | 'own-address-missing' // who sets the addresses that are allowed would shut themselves out
  | 'window-unusable' // the instance has a window in which nothing could be decided
  | 'instance-not-found'
  | 'second-manager-missing' // nobody could approve this change of the guard rails
  | 'change-not-found' // no change request of this id
  | 'change-decided' // the change request is over
  | 'change-drifted' // what it would change has changed since it was asked for
  | 'change-mismatch' // the decision names another change than the one that was asked for
  | 'too-many-changes' // too many change requests wait already
  | 'trial-goes-on' // API keys that stood in a terminal still open something
  | 'not-carried-out' // approved, but it did not count any more when the key was to be destroyed
  | 'still-working' // decided, but not carried out within the time that a call may take
  | 'key-external' // the key lives elsewhere, and is used there
  | 'provider-unknown' // no provider of this name is set up in this installation
  | 'provider-refused' // where the key lives, this is refused for good
  | 'adopted-already' // a key of this instance stands for it
  | 'deletion-not-stalled' // nothing to give up: it goes on by itself, or has happened
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
