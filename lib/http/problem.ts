import { MOST_GRANTS } from '../domain/person.ts';
import type { Refusal, RefusalCode } from '../domain/refusal.ts';
import { MOST_REGISTRATIONS } from '../domain/registration.ts';
import { LEAST_MONTHS, MOST_MONTHS, MOST_VERSIONS } from '../domain/rotation.ts';
import { CHANGE_REFUSALS } from './change-refusals.ts';
import { GROUPING_REFUSALS } from './grouping-refusals.ts';
import { INSTANCE_REFUSALS } from './instance-refusals.ts';
import { LINK_REFUSALS } from './link-refusals.ts';
import { conflict, type Problem, type Target } from './problem-shape.ts';
import { PROVIDER_REFUSALS } from './provider-refusals.ts';

export type { Problem, Target };

/** RFC 9110, section 15: what an error message opens with. */
const STATUS_TEXTS: { readonly [status in Problem['status']]: string } = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content Too Large',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** Thrown where a request cannot be read, or asks for what is not there; the app answers it as it stands. */
export class RequestProblem extends Error {
  override readonly name = 'RequestProblem';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** Seconds after which it is worth asking again. */
const RETRY_AFTER = { 'retry-after': '1' };

export const NO_ACCESS: Problem = {
  status: 401,
  message: 'The user does not have access to the specified resource',
  headers: { 'www-authenticate': 'Bearer' },
};

/** Countersign's own routes say openly that a role is missing. */
export const FORBIDDEN: Problem = {
  status: 403,
  code: 'ROLE_MISSING_ERR',
  message: 'You do not have the role in this instance that this needs, or there is no such instance',
};

export const UNAVAILABLE: Problem = {
  status: 503,
  code: 'SERVICE_UNAVAILABLE_ERR',
  message: 'A part of the service does not answer at the moment. Repeat the request',
  headers: RETRY_AFTER,
};

export const INTERNAL: Problem = {
  status: 500,
  code: 'INTERNAL_ERR',
  message: 'The request could not be carried out. Tell the operator the correlation-id of this answer',
};

/** @param seconds until the source of the guesses may try again. What is right is answered meanwhile. */
export const tooManyGuesses = (seconds: number): Problem => ({
  status: 429,
  code: 'TOO_MANY_REQUESTS_ERR',
  message: 'Too many credentials that are not valid came from this address. A valid one is still taken',
  headers: { 'retry-after': String(seconds) },
});

const notMet = (message: string): Problem => conflict('AUTHORIZATIONS_NOT_MET', message);
const invalidState = (message: string): Problem => conflict('KEY_ACTION_INVALID_STATE_ERR', message);

/** What each refusal is on the wire: the one place where a rule's "no" gets a status, a reason code and words. */
export const REFUSALS: { readonly [code in RefusalCode]: Problem } = {
  ...PROVIDER_REFUSALS,
  'access-denied': NO_ACCESS,
  'key-not-found': { status: 404, code: 'KEY_NOT_FOUND_ERR', message: 'Key does not exist' },
  'key-destroyed': {
    status: 410,
    code: 'KEY_DELETED_ERR',
    message: 'Key has already been deleted. Please delete references to this key',
  },
  'key-not-active': invalidState('Key is not in a valid state'),
  'key-not-root': {
    status: 400,
    code: 'KEY_ROOT_REQ_ERR',
    message: 'Requested action can only be completed with a root key',
  },
  'too-early': conflict('REQ_TOO_EARLY_ERR', 'The key was updated recently. Repeat the request later'),
  'payload-required': {
    status: 400,
    code: 'KEY_PAYLOAD_REQ_ERR',
    message: 'This key was imported: the key material of its next version is required to rotate it',
    target: { type: 'field', name: 'payload' },
  },
  'payload-refused': {
    status: 400,
    code: 'INVALID_QUERY_PARAM_ERR',
    message: 'The field `payload` must be: left out; the key material of this key is generated here',
    target: { type: 'field', name: 'payload' },
  },
  'rotated-recently': conflict(
    'KEY_ROTATION_NOT_PERMITTED',
    "This root key has been rotated within the last hour. Only one 'rotate' action per hour is permitted",
  ),
  'too-many-versions': conflict(
    'TOO_MANY_VERSIONS_ERR',
    `The key has ${MOST_VERSIONS} versions, as many as it can have. Create another key, and wrap with that from now on`,
  ),
  'rotation-not-by-policy': {
    status: 400,
    code: 'KEY_ROOT_REQ_ERR',
    message: 'A rotation policy can only be set on a root key whose key material is generated here',
    target: { type: 'field', name: 'rotation' },
  },
  'interval-missing': {
    status: 400,
    code: 'INVALID_FIELD_ERR',
    message: `The field \`interval_month\` must be: a whole number from ${LEAST_MONTHS} to ${MOST_MONTHS}`,
    target: { type: 'field', name: 'interval_month' },
  },
  'key-expired': { status: 400, code: 'KEY_EXPIRED_ERR', message: 'Key is expired' },
  'restore-expired': {
    status: 400,
    code: 'KEY_RESTORE_EXPIRED',
    message: 'The time in which the key could be restored is over: its material is destroyed for good',
  },
  'ciphertext-unusable': {
    status: 422,
    code: 'UNPROCESSABLE_CIPHERTEXT_ERR',
    message: 'The ciphertext was not made by this key, was changed, or was wrapped with another aad',
  },
  ...GROUPING_REFUSALS,
  ...INSTANCE_REFUSALS,
  ...CHANGE_REFUSALS,
  ...LINK_REFUSALS,
  'dual-authorization-off': conflict(
    'NOT_DUAL_AUTH_ERR',
    'The key is not dual auth enabled and cannot be set for deletion',
  ),
  'dual-authorization-irrevocable': invalidState(
    'Key is not in a valid state: a dual-authorization policy is not taken off a key',
  ),
  'approver-missing': conflict(
    'APPROVER_MISSING_ERR',
    'Nobody could give the second authorization. Add another Manager to the instance, then set the key for deletion',
  ),
  'nothing-pending': notMet(
    '1 prior authorization(s) are required for deletion. Somebody sets the key for deletion, then a different Manager deletes it',
  ),
  'window-closed': notMet(
    '1 prior authorization(s) are required for deletion: the time to approve is over. Set the key for deletion again',
  ),
  'own-request': notMet(
    'The second authorization must come from a different person than the one who set the key for deletion. Ask another Manager to delete it',
  ),
  'own-gain': notMet(
    'Nobody gives the second authorization to what lets themselves do more. Ask another Manager',
  ),
  'grant-too-young': notMet(
    'The second authorization must come from somebody who was a Manager before the key was set for deletion, for as long as the instance says, at the same address and with the same sign-in. Ask another Manager, or have the key set again later',
  ),
  'service-identity': notMet('The second authorization must come from a person, not from a service identity'),
  'requests-frozen': conflict(
    'REQUESTS_FROZEN_ERR',
    'A Manager did not expect a deletion that this person asked for, so nothing that they asked for counts. Another Manager looks into it and lifts that; then the deletion has to be asked for anew',
  ),
  'own-freeze': {
    status: 403,
    code: 'OWN_FREEZE_ERR',
    message: 'Nobody lifts the freeze of their own requests. Ask another Manager',
  },
  'credential-needed': {
    status: 403,
    code: 'CREDENTIAL_NEEDED_ERR',
    message: 'This instance takes an approval through a mailed link only with the API key of its person',
  },
  'other-person': {
    status: 403,
    code: 'OTHER_PERSON_ERR',
    message: 'The link was mailed to somebody else than the owner of the API key',
  },
  'manifest-needed': notMet(
    'This instance asks approvers to have seen what would be lost. Read the authorization and name its manifestDigest in the header x-countersign-manifest, or approve on the page behind the mailed link',
  ),
  'requester-gone': notMet(
    'Who set the key for deletion does not hold that role any more. Set the key for deletion again',
  ),
  'other-round': notMet(
    'The decision was made for another round of this authorization. Look at the current one and decide again',
  ),
  'already-decided': notMet('The authorization is decided already. Set the key for deletion again'),
  'deletion-under-way': invalidState(
    'Key is not in a valid state: its deletion is approved and being carried out',
  ),
  'loss-changed': notMet(
    'What would be lost has changed since it was authorized. The deletion has to be authorized again',
  ),
  'manifest-mismatch': notMet(
    'The decision names another manifest than the current one. Read what would be lost and decide again',
  ),
  'confirmation-mismatch': {
    status: 400,
    code: 'INVALID_FIELD_ERR',
    message: "The field `confirm` must be: the last six characters of the key's id",
    target: { type: 'field', name: 'confirm' },
  },
  'stopped-meanwhile': invalidState(
    'The deletion was withdrawn while this was being recorded. Set the key for deletion again, if it is still wanted',
  ),
  'repeated-request': invalidState('The key is set for deletion already'),
  'too-many-rounds': conflict(
    'REAUTHORIZATION_CLOSED_ERR',
    'This deletion has been asked for too often. Set the key for deletion again',
  ),
  'reauthorization-closed': conflict(
    'REAUTHORIZATION_CLOSED_ERR',
    'There is no authorization whose time has run out and that could be asked for again. Set the key for deletion',
  ),
  'retention-found': conflict(
    'PREV_KEY_DEL_ERR',
    'The key cannot be deleted: a resource that it protects has a retention policy. Force does not lift that',
  ),
  'resources-protected': {
    ...conflict(
      'PROTECTED_RESOURCE_ERR',
      'The key protects one or more cloud resources. Look at its registrations; to delete it all the same, repeat the request with `force=true`',
    ),
    target: { type: 'query_param', name: 'force' },
  },
  'service-only': {
    status: 403,
    code: 'SERVICE_ONLY_ERR',
    message: 'Registrations are written by services alone. Call with the API key of a service identity',
  },
  'registration-not-root': {
    status: 422,
    code: 'KEY_ROOT_REQ_REG_ERR',
    message: 'Resources are registered with root keys alone',
  },
  'registration-key-state': {
    status: 422,
    code: 'KEY_INVALID_STATE_ERR',
    message: 'The key is not in a state that allows this: resources are registered with active keys alone',
  },
  'registration-not-found': {
    status: 404,
    code: 'REGISTRATION_NOT_FOUND_ERR',
    message: 'The resource is not registered with this key',
  },
  'key-version-unknown': {
    status: 422,
    code: 'KEY_VERSION_INVALID',
    message: 'The key has no such version',
    target: { type: 'field', name: 'keyVersion.id' },
  },
  'too-many-registrations': conflict(
    'TOO_MANY_REGISTRATIONS_ERR',
    `The key has ${MOST_REGISTRATIONS} registrations, as many as it can have. Register the resource with another key`,
  ),
  'person-exists': {
    ...conflict('PERSON_EXISTS_ERR', 'There is somebody with this e-mail address already'),
    target: { type: 'field', name: 'email' },
  },
  'identity-not-bound': {
    status: 404,
    code: 'IDENTITY_NOT_BOUND_ERR',
    message: 'Nobody signs in at an issuer as this person',
  },
  'person-not-found': { status: 404, code: 'PERSON_NOT_FOUND_ERR', message: 'There is no such person' },
  'last-managers': conflict(
    'LAST_MANAGERS_ERR',
    'Fewer than two Managers would be left, and nothing could be approved. Add another Manager first',
  ),
  'too-many-managers': conflict('TOO_MANY_MANAGERS_ERR', 'The instance has as many Managers as it can have'),
  'too-many-grants': conflict(
    'TOO_MANY_GRANTS_ERR',
    `One person can have at most ${MOST_GRANTS} roles on single keys and key rings. Grant a role on a key ring, or on the instance`,
  ),
  'too-many-api-keys': conflict(
    'TOO_MANY_API_KEYS_ERR',
    'The person has as many API keys as one can have. Revoke one that is not needed any more',
  ),
  'api-key-not-found': {
    status: 404,
    code: 'API_KEY_NOT_FOUND_ERR',
    message: 'The person has no API key of this id',
  },
  'too-many-people': conflict('TOO_MANY_PEOPLE_ERR', 'The instance has as many people as it can have'),
  'not-carried-out': notMet(
    'The deletion was approved and not carried out, because an authorization did not count any more. Set the key for deletion again',
  ),
  'still-working': {
    status: 503,
    code: 'STILL_WORKING_ERR',
    message: 'It is decided, and it is still being carried out. Repeat the request to hear how it ended',
    headers: RETRY_AFTER,
  },
  conflict: {
    status: 503,
    code: 'CONFLICT_ERR',
    message: 'Others changed the same thing again and again meanwhile; nothing was done. Repeat the request',
    headers: RETRY_AFTER,
  },
};

/** Countersign's own words where the rule gave some, else the table's. */
export const problemOf = ({ code, detail }: Refusal): Problem =>
  detail === undefined ? REFUSALS[code] : { ...REFUSALS[code], message: detail };

/**
 * Key Protect's error envelope. `errorMsg` carries the message and the code, because it is all that some clients show.
 * @param failure what could not be done, as Key Protect says it: `Key could not be deleted`.
 */
export function errorEnvelope(problem: Problem, failure: string | undefined): object {
  const { status, code, target } = problem;
  const message = problem.message.replace(/\.$/, '');
  const opening = STATUS_TEXTS[status];
  const metadata = { collectionType: 'application/vnd.ibm.kms.error+json', collectionTotal: 1 };
  if (code === undefined) return { metadata, resources: [{ errorMsg: `${opening}: ${message}` }] };
  const errorMsg = [opening, failure, message].filter(Boolean).join(': ');
  const moreInfo = 'https://cloud.ibm.com/apidocs/key-protect';
  const reason = { code, message, status, moreInfo, ...(target !== undefined && { target }) };
  return { metadata, resources: [{ errorMsg: `${errorMsg} (${code})`, reasons: [reason] }] };
}
