import type { RefusalCode } from '../domain/refusal.ts';
import { conflict, type Problem } from './problem-shape.ts';

/** What mailed links, mails and single authorizations refuse. */
export const LINK_REFUSALS = {
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
  'address-mismatch': { status: 422, code: 'ADDRESS_MISMATCH_ERR', message: 'This is not your address' },
  'claim-not-possible': conflict(
    'CLAIM_NOT_POSSIBLE_ERR',
    'Only somebody who is active and has an e-mail address can be mailed a link to an API key',
  ),
  'claimed-already': conflict('CLAIMED_ALREADY_ERR', 'The link has given its API key already'),
  'identity-taken': conflict('IDENTITY_TAKEN_ERR', 'Whoever signs in so is somebody else in this instance'),
  'claim-ended': { status: 410, code: 'CLAIM_ENDED_ERR', message: 'The link to an API key has ended' },
  'mail-not-found': {
    status: 404,
    code: 'MAIL_NOT_FOUND_ERR',
    message: 'No mail of this id waits to be sent again or was given up',
  },
  'link-not-kept': conflict(
    'LINK_NOT_KEPT_ERR',
    'The link that the mail had is kept nowhere, and sending it again makes no other one',
  ),
  'authorization-not-found': {
    status: 404,
    code: 'AUTHORIZATION_NOT_FOUND_ERR',
    message: 'The key has no authorization of this id',
  },
} as const satisfies { readonly [code in RefusalCode]?: Problem };
