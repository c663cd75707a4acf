import type { RefusalCode } from '../domain/refusal.ts';
import { conflict, type Problem } from './problem-shape.ts';

/** What refusals of aliases, key rings, searches and import tokens are on the wire: a part of the one table. */
export const GROUPING_REFUSALS = {
  'alias-in-use': {
    ...conflict('KEY_ALIAS_NOT_UNIQUE_ERR', 'An alias is in use by another key of this instance'),
    target: { type: 'field', name: 'aliases' },
  },
  'alias-not-found': {
    status: 404,
    code: 'KEY_ALIAS_NOT_FOUND_ERR',
    message: 'The key does not have this alias',
  },
  'too-many-aliases': conflict(
    'KEY_ALIAS_LIMIT_ERR',
    'A key has at most 5 aliases. Delete one of them first',
  ),
  'key-ring-not-found': { status: 404, code: 'KEY_RING_NOT_FOUND_ERR', message: 'Key ring does not exist' },
  'key-ring-exists': conflict('KEY_RING_NOT_UNIQUE_ERR', 'There is a key ring of this id already'),
  'key-ring-not-empty': conflict(
    'KEY_RING_NOT_EMPTY_ERR',
    'The specified key ring contains at least one key. Destroyed keys move to the default key ring with `force=true`, others have to be moved before',
  ),
  'key-ring-reserved': {
    status: 400,
    code: 'KEY_RING_RESERVED_ERR',
    message: 'The key ring `default` is always there: it is neither created nor deleted',
  },
  'too-many-key-rings': conflict(
    'KEY_RING_LIMIT_ERR',
    'The instance has 50 key rings, as many as it can have',
  ),
  'search-too-broad': {
    status: 400,
    code: 'KEY_SEARCH_TOO_BROAD',
    message:
      'There are more than 5000 keys to search. Narrow it by `state`, `extractable`, `filter` or the header `x-kms-key-ring`, or search for a whole id or alias',
    target: { type: 'query_param', name: 'search' },
  },
  'import-not-root': {
    status: 400,
    code: 'KEY_ROOT_REQ_ERR',
    message: 'Only a root key can be imported with an import token: `extractable` must be false',
  },
  'import-token-expired': conflict(
    'IMPORT_TOKEN_EXPIRED_ERR',
    'The import token has expired, or was retrieved as often as it may be. Create another one',
  ),
  'import-payload-unusable': {
    status: 400,
    code: 'INVALID_FIELD_ERR',
    message:
      'The field `payload` must be: 16, 24 or 32 bytes of key material, encrypted under the public key of the import token as `encryptionAlgorithm` says, in base64',
    target: { type: 'field', name: 'payload' },
  },
  'import-nonce-undecipherable': {
    status: 400,
    code: 'INCORRECT_NONCE_IV_ERR',
    message:
      'The provided encrypted nonce was not encrypted with the key material given OR the provided IV does not match the encrypted nonce',
  },
  'import-nonce-foreign': {
    status: 400,
    code: 'INCORRECT_NONCE_ERR',
    message:
      'The encrypted nonce given does not match existing record: Please ensure the correct nonce was given in the request',
  },
} as const satisfies { readonly [code in RefusalCode]?: Problem };
