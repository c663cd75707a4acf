import type { Refusal, RefusalCode } from '../domain/refusal.ts';

/** What was wrong with a request, in the words that its sender knows it by. */
export interface Target {
  readonly type: 'field' | 'query_param' | 'header';
  readonly name: string;
}

/** Everything that an answer other than success says. */
export interface Problem {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 410 | 413 | 422 | 500 | 503;
  /** The reason code; Key Protect sends none with 401. */
  readonly code?: string;
  readonly message: string;
  readonly target?: Target;
  readonly headers?: { readonly [name: string]: string };
}

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

const conflict = (code: string, message: string): Problem => ({ status: 409, code, message });
const notMet = (message: string): Problem => conflict('AUTHORIZATIONS_NOT_MET', message);
const invalidState = (message: string): Problem => conflict('KEY_ACTION_INVALID_STATE_ERR', message);

/** What each refusal is on the wire: the one place where a rule's "no" gets a status, a reason code and words. */
export const REFUSALS: { readonly [code in RefusalCode]: Problem } = {
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
  'ciphertext-unusable': {
    status: 422,
    code: 'UNPROCESSABLE_CIPHERTEXT_ERR',
    message: 'The ciphertext was not made by this key, was changed, or was wrapped with another aad',
  },
  'alias-in-use': {
    ...conflict('ALIAS_NOT_UNIQUE_ERR', 'An alias is in use by another key of this instance'),
    target: { type: 'field', name: 'aliases' },
  },
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
  'grant-too-young': notMet(
    'The second authorization must come from somebody who was a Manager before the key was set for deletion. Ask another Manager, or have the key set again',
  ),
  'service-identity': notMet('The second authorization must come from a person, not from a service identity'),
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
  'link-unknown': { status: 404, code: 'LINK_NOT_FOUND_ERR', message: 'There is no such link' },
  'link-withdrawn': {
    status: 403,
    code: 'LINK_WITHDRAWN_ERR',
    message: 'The person that the link was sent to is not active any more',
  },
  'address-invalid': {
    status: 400,
    code: 'INVALID_FIELD_ERR',
    message: 'The field `email` must be: an e-mail address',
    target: { type: 'field', name: 'email' },
  },
  'person-exists': {
    ...conflict('PERSON_EXISTS_ERR', 'There is somebody with this e-mail address already'),
    target: { type: 'field', name: 'email' },
  },
  'person-not-found': { status: 404, code: 'PERSON_NOT_FOUND_ERR', message: 'There is no such person' },
  'last-managers': conflict(
    'LAST_MANAGERS_ERR',
    'Fewer than two Managers would be left, and nothing could be approved. Add another Manager first',
  ),
  'too-many-managers': conflict('TOO_MANY_MANAGERS_ERR', 'The instance has as many Managers as it can have'),
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
