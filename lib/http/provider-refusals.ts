import type { RefusalCode } from '../domain/refusal.ts';
import { conflict, type Problem } from './problem-shape.ts';

/** What refusals about keys that live elsewhere are on the wire: a part of the one table. */
export const PROVIDER_REFUSALS = {
  'key-external': conflict(
    'KEY_EXTERNAL_ERR',
    'The key lives elsewhere: it has no material here, and is used, rotated and disabled where it lives',
  ),
  'provider-unknown': {
    status: 400,
    code: 'INVALID_FIELD_ERR',
    message:
      'The field `provider` must be: aws-kms, or the name of a remote Key Protect, as they are set up in this installation',
    target: { type: 'field', name: 'provider' },
  },
  'provider-refused': conflict('PROVIDER_REFUSED_ERR', 'Where the key lives, this is refused'),
  'adopted-already': conflict(
    'KEY_ADOPTED_ERR',
    'A key of this installation stands for that one already, of this instance or of another',
  ),
  'deletion-not-stalled': conflict(
    'DELETION_NOT_STALLED_ERR',
    'There is no deletion to give up: none has begun where the key lives, or it goes on by itself',
  ),
} as const satisfies { readonly [code in RefusalCode]?: Problem };
