import { MOST_GRANTS } from '../domain/person.ts';
import type { RefusalCode } from '../domain/refusal.ts';
import { conflict, type Problem } from './problem-shape.ts';

/** What refusals of people, their roles and their credentials are on the wire: a part of the one table. */
export const PEOPLE_REFUSALS = {
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
} as const satisfies { readonly [code in RefusalCode]?: Problem };
