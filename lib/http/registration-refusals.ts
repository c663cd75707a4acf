import type { RefusalCode } from '../domain/refusal.ts';
import { MOST_REGISTRATIONS } from '../domain/registration.ts';
import { conflict, type Problem } from './problem-shape.ts';

/** What refusals of registrations are on the wire: a part of the one table. */
export const REGISTRATION_REFUSALS = {
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
} as const satisfies { readonly [code in RefusalCode]?: Problem };
