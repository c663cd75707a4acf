import type { Refusal, RefusalCode } from '../domain/refusal.ts';
import { LEAST_MONTHS, MOST_MONTHS, MOST_VERSIONS } from '../domain/rotation.ts';
import { CHANGE_REFUSALS } from './change-refusals.ts';
import { DELETION_REFUSALS } from './deletion-refusals.ts';
import { GROUPING_REFUSALS } from './grouping-refusals.ts';
import { INSTANCE_REFUSALS } from './instance-refusals.ts';
import { LINK_REFUSALS } from './link-refusals.ts';
import { PEOPLE_REFUSALS } from './people-refusals.ts';
import { conflict, invalidState, notMet, type Problem, type Target } from './problem-shape.ts';
import { PROVIDER_REFUSALS } from './provider-refusals.ts';
import { REGISTRATION_REFUSALS } from './registration-refusals.ts';

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
  ...DELETION_REFUSALS,
  ...REGISTRATION_REFUSALS,
  ...PEOPLE_REFUSALS,
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
