import { MOST_PENDING_CHANGES } from '../domain/change-request.ts';
import type { RefusalCode } from '../domain/refusal.ts';
import { conflict, type Problem } from './problem-shape.ts';

/** What a change of the guard rails, or a decision about one, is refused for. */
export const CHANGE_REFUSALS = {
  'second-manager-missing': conflict(
    'SECOND_MANAGER_MISSING_ERR',
    'This needs a second Manager’s approval, and nobody could give it: another active Manager of the whole instance, since before now for as long as the instance says. Whoever runs the server can add one: countersign person add EMAIL --role Manager --data-dir DIR --instance ID',
  ),
  'change-not-found': {
    status: 404,
    code: 'CHANGE_REQUEST_NOT_FOUND_ERR',
    message: 'There is no such change request',
  },
  'change-decided': conflict(
    'CHANGE_REQUEST_DECIDED_ERR',
    'The change request is decided already. Ask again, if it is still wanted',
  ),
  'change-drifted': conflict(
    'CHANGE_REQUEST_DRIFTED_ERR',
    'What it would change has changed since it was asked for, so that it has ended. Ask again, if it is still wanted',
  ),
  'change-mismatch': conflict(
    'CHANGE_REQUEST_MISMATCH_ERR',
    'The digest is not the one of this change request. Read what it would change and decide again',
  ),
  'too-many-changes': conflict(
    'TOO_MANY_CHANGE_REQUESTS_ERR',
    `${MOST_PENDING_CHANGES} change requests wait already, as many as can. Have them decided or withdrawn first`,
  ),
} as const satisfies { readonly [code in RefusalCode]?: Problem };
