/** What a step came to: `done`, what the client got, or what it was refused with. */
export type Told = { readonly [step: string]: unknown };

const STATE = '409 KEY_ACTION_INVALID_STATE_ERR';
const NOT_MET = '409 AUTHORIZATIONS_NOT_MET';
const TOO_EARLY = '409 REQ_TOO_EARLY_ERR';

/** What go/ and python/ both tell. */
export const STORY: Told = {
  'create a root key': { state: 1, extractable: false, imported: false },
  'read a standard key': { extractable: true, bytes: 32 },
  'read it without the role': '401',
  'import a standard key': { imported: true, same: true },
  'import a root key': { imported: true },

  'wrap and unwrap': { same: true },
  'unwrap without the additional data': '422 UNPROCESSABLE_CIPHERTEXT_ERR',
  'make a data key': { bytes: 32 },
  rotate: 'done',
  'rotate again': '409 KEY_ROTATION_NOT_PERMITTED',
  'wrap anew with the newer version': { same: true, anew: true },
  disable: 'done',
  'wrap with a suspended key': STATE,
  'enable it too early': TOO_EARLY,
  sync: 'done',
  'sync again': TOO_EARLY,

  'create an alias': { alias: 'books', same: true },
  'create it for another key': '409 KEY_ALIAS_NOT_UNIQUE_ERR',
  'delete the alias': 'done',
  'read a key by an alias that is not there': '404 KEY_NOT_FOUND_ERR',
  'create a key ring': 'done',
  'create it again': '409 KEY_RING_NOT_UNIQUE_ERR',
  'list the key rings': ['default', 'shelf'],
  'move a key into it': { keyRingID: 'shelf' },
  'delete a ring with a key in it': '409 KEY_RING_NOT_EMPTY_ERR',
  'delete an empty ring': 'done',

  "set a key's rotation policy": { interval_month: 3 },
  "set a key's dual authorization": { enabled: true },
  "read a key's policies": { policies: 2 },
  "take a key's dual authorization off": STATE,
  "set the instance's dual authorization": 'done',
  'set the allowed network': 'done',
  'allow the private network alone': '400 INVALID_FIELD_ERR',
  'lock oneself out by address': '400 INVALID_FIELD_ERR',
  'allow addresses': 'done',
  'allow every address': 'done',
  'switch metrics on': '400 INVALID_FIELD_ERR',
  'switch metrics off': 'done',
  'allow no standard keys': 'done',
  'create one all the same': '409 KEY_CREATE_IMPORT_ACCESS_ERR',

  'create an import token': { left: 1 },
  'retrieve it': { nonce: 12 },
  'retrieve it again': '409 IMPORT_TOKEN_EXPIRED_ERR',

  'delete without an authorization': NOT_MET,
  'authorize the deletion': 'done',
  'delete by the same person': NOT_MET,
  'delete by a Writer': '401',
  withdraw: 'done',
  'delete after that': NOT_MET,
  'authorize the deletion as a Writer': 'done',
  'delete by another person': 'done',
  'delete again': '410 KEY_DELETED_ERR',
  'read what is left of it': { state: 5, deleted: true },
  'wrap with a destroyed key': STATE,
  'restore it too early': TOO_EARLY,
  'purge it too early': TOO_EARLY,
  'purge it without the role': '401',

  'list the registrations of a key': { listed: 1, same: true },
  'list the registrations of a resource': { listed: 1, same: true },
  'delete a key that protects something': '409 PROTECTED_RESOURCE_ERR',

  'read a key that is not there': '404 KEY_NOT_FOUND_ERR',
  'call an instance that is not there': '401',
  'call with an unknown API key': 'BXNIM0415E',
};

const POLICIES = { dualAuthDelete: true, allowedNetwork: true, allowedIP: false, metrics: false };

export const ONLY_IN_GO: Told = {
  'read its metadata by its alias': {
    name: 'Payroll',
    description: 'of the north',
    tags: ['a', 'b'],
    aliases: ['payroll'],
    dualAuthDelete: true,
    dated: true,
    same: true,
  },
  'list its versions': { listed: 1, all: 2 },
  'list extractable keys': ['East'],
  'list active keys, sorted': ['East'],
  'list destroyed keys': [],
  'search a name': ['South'],
  'search an alias exactly': ['North'],
  'search what is not': ['East', 'South'],
  'filter by date': ['North', 'South'],
  'filter by state': [],
  'list a page': { listed: 2, told: 2 },
  "switch a key's rotation off and on": { enabled: true, interval_month: 3 },
  'set both policies at once': { policies: 2 },
  'read one policy': { interval_month: 6 },
  'authorize the deletion of a key without the policy': '409 NOT_DUAL_AUTH_ERR',
  'delete a key without the policy alone': 'done',
  'allow them again': 'done',
  "read the instance's policies": { ...POLICIES, keyCreateImportAccess: false },
  "set the instance's rotation": 'done',
  "read the instance's rotation": { interval_month: 6 },
  "set several of the instance's policies at once": 'done',
  'read the port of the private network':
    'No port number available. Please check the instance has an enabled allowedIP policy',
  'import encrypted material': { imported: true },
  'rotate with encrypted material': 'done',
  'unwrap after that': { same: true },
  'import with SHA-1': 'done',
  'delete and be shown the key': { state: 5, deleted: true, purgeAllowed: false },
  'delete it with force': 'done',
};

export const ONLY_IN_PYTHON: Told = {
  'list keys': { listed: 5, payloads: 0 },
  'allow keys of every kind': 'done',
  "read the instance's policies": { ...POLICIES, keyCreateImportAccess: true },
};
