import type { RefusalCode } from '../domain/refusal.ts';
import { DRILL_REFUSALS } from './drill-refusals.ts';
import { conflict, type Problem } from './problem-shape.ts';

/** Whoever hears this has shown a credential that is known in the instance. */
export const ADDRESS_NOT_ALLOWED: Problem = {
  status: 403,
  code: 'ADDRESS_NOT_ALLOWED_ERR',
  message: 'This instance is not reached from this address: its allowedIP policy does not name it',
};

/** What an instance as a whole refuses: its policies, changes of its settings, and drills. */
export const INSTANCE_REFUSALS = {
  ...DRILL_REFUSALS,
  'key-access': conflict(
    'KEY_CREATE_IMPORT_ACCESS_ERR',
    'KeyCreateImportAccess instance policy does not allow this action',
  ),
  'own-address-missing': {
    status: 400,
    code: 'INVALID_FIELD_ERR',
    message:
      'The field `allowed_ip` must be: a list that holds the address that this request comes from, or you could not take it back',
    target: { type: 'field', name: 'policy_data.attributes.allowed_ip' },
  },
  'window-unusable': conflict(
    'INSTANCE_WINDOW_ERR',
    'Nothing could be decided within the windows of this instance. A Manager sets them: countersign instance set',
  ),
  'instance-not-found': { status: 404, code: 'INSTANCE_NOT_FOUND_ERR', message: 'There is no such instance' },
  'trial-goes-on': conflict(
    'TRIAL_GOES_ON_ERR',
    'API keys that stood in a terminal can still be used. Replace or revoke them first',
  ),
} as const satisfies { readonly [code in RefusalCode]?: Problem };
