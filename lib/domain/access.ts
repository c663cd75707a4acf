import { holds, holdsAnywhere, type Person, ROLES, type Role, type Target } from './person.ts';

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
  // By service identities alone, whatever their role.
  writeRegistrations: EVERYBODY,
  readPolicies: MANAGERS,
  writePolicies: MANAGERS,

  readHistory: EVERYBODY,
  // What `readHistory` shows, key by key.
  listAuthorizations: EVERYBODY,
  readManifest: EVERYBODY,
  // What `readHistory` shows, key by key, and the instance's own chain.
  exportEvidence: EVERYBODY,
  denyDeletion: MANAGERS,
  adoptKey: MANAGERS,
  abandonDeletion: MANAGERS,
  reauthorizeDeletion: WRITERS,
  managePeople: MANAGERS,
  manageInstance: MANAGERS,
  // They name people by their addresses, which only those who manage people may list.
  readChangeRequests: MANAGERS,
  decideChangeRequests: MANAGERS,
  manageMails: MANAGERS,
  startDrill: MANAGERS,
  readDrills: EVERYBODY,
  confirmDrill: MANAGERS,
  manageApiKeys: ROLES,
} as const satisfies { readonly [operation: string]: readonly Role[] };

export type Operation = keyof typeof ACCESS;

/** What a grant on a part of the instance can be enough for: a key, a key ring and what is in it, or oneself. */
export type Narrow = 'key' | 'keyRing' | 'self';

/**
 * For which operations a narrow grant is enough: one on the key that they are about or on its ring (`key`), on the
 * ring alone (`keyRing`), any at all (`self`; also where each key that is shown is looked at by itself). Whatever is not
 * here needs a grant on the instance.
 */
export const NARROW: { readonly [operation in Operation]?: Narrow } = {
  createKey: 'keyRing',
  listKeys: 'keyRing',
  readKeyMetadata: 'key',
  readKey: 'key',
  wrapKey: 'key',
  unwrapKey: 'key',
  rewrapKey: 'key',
  listKeyVersions: 'key',
  rotateKey: 'key',
  syncKey: 'key',
  disableKey: 'key',
  enableKey: 'key',
  setKeyForDeletion: 'key',
  unsetKeyForDeletion: 'key',
  deleteKey: 'key',
  restoreKey: 'key',
  purgeKey: 'key',
  moveKey: 'key',
  writeAliases: 'key',
  listRegistrations: 'key',
  writeRegistrations: 'key',
  readPolicies: 'key',
  writePolicies: 'key',
  readHistory: 'key',
  readManifest: 'key',
  exportEvidence: 'key',
  denyDeletion: 'key',
  adoptKey: 'keyRing',
  abandonDeletion: 'key',
  reauthorizeDeletion: 'key',
  manageApiKeys: 'self',
  // Whoever is Manager of anything is asked.
  confirmDrill: 'self',
  listAuthorizations: 'self',
};

/** Whether the person may call the operation about this key, or what is known of it; about the instance, without one. */
export const mayCall = (person: Person, operation: Operation, target?: Target): boolean =>
  holds(person, ACCESS[operation], target && within(target, NARROW[operation]));

/** What of a target a narrow grant for this operation can be on. */
const within = ({ id, keyRingId }: Target, narrow: Narrow | undefined): Target => ({
  keyRingId: narrow === undefined ? undefined : keyRingId,
  id: narrow === 'key' ? id : undefined,
});

/** Whether there can be anything about which the person may call the operation. */
export function couldCall(person: Person, operation: Operation): boolean {
  const roles = ACCESS[operation];
  switch (NARROW[operation]) {
    case undefined:
      return holds(person, roles);
    case 'keyRing':
      return holds(person, roles) || holdsOnARing(person, roles);
    default:
      return holdsAnywhere(person, roles);
  }
}

const holdsOnARing = (person: Person, roles: readonly Role[]): boolean =>
  (person.grants ?? []).some(({ on }) => 'keyRing' in on && holds(person, roles, { keyRingId: on.keyRing }));

/** Whether a key is in the lists that this person gets: a grant on the key alone opens it and shows it in none. */
export const visibleInLists = (person: Person, key: Target): boolean => mayCall(person, 'listKeys', key);
