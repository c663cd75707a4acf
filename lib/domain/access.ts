import { holds, type Person, type Role } from './person.ts';

const EVERYBODY = ['Reader', 'ReaderPlus', 'Writer', 'Manager'] as const satisfies readonly Role[];
const WRITERS = ['Writer', 'Manager'] as const satisfies readonly Role[];
const MANAGERS = ['Manager'] as const satisfies readonly Role[];

/**
 * Who may do what, deny by default: an operation that is not here cannot be called. Key Protect's rows are those
 * of its role table (docs: concepts/manage-access); the last group is Countersign's own.
 */
export const ACCESS = {
  createKey: WRITERS,
  listKeys: EVERYBODY,
  readKeyMetadata: EVERYBODY,
  readKey: ['ReaderPlus', 'Writer', 'Manager'],
  wrapKey: EVERYBODY,
  unwrapKey: EVERYBODY,
  rewrapKey: EVERYBODY,
  listKeyVersions: EVERYBODY,
  rotateKey: WRITERS,
  syncKey: WRITERS,
  disableKey: MANAGERS,
  enableKey: MANAGERS,
  setKeyForDeletion: WRITERS,
  unsetKeyForDeletion: WRITERS,
  deleteKey: MANAGERS,
  restoreKey: MANAGERS,
  purgeKey: ['KeyPurge'],
  moveKey: MANAGERS,
  writeAliases: WRITERS,
  listKeyRings: EVERYBODY,
  createKeyRing: WRITERS,
  deleteKeyRing: MANAGERS,
  useImportToken: WRITERS,
  listRegistrations: EVERYBODY,
  readPolicies: MANAGERS,
  writePolicies: MANAGERS,

  readHistory: EVERYBODY,
  denyDeletion: MANAGERS,
  reauthorizeDeletion: WRITERS,
  managePeople: MANAGERS,
} as const satisfies { readonly [operation: string]: readonly Role[] };

export type Operation = keyof typeof ACCESS;

/** Whether the person may call the operation in their instance. */
export const mayCall = (person: Person, operation: Operation): boolean => holds(person, ACCESS[operation]);
