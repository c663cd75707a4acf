import { expect, it } from 'vitest';
import { ACCESS, mayCall, type Operation } from '../../lib/domain/access.ts';
import { ROLES, type Role } from '../../lib/domain/person.ts';
import { person } from './samples.ts';

/** Who may do what, as Key Protect's role table has it, and Countersign's own operations below. */
const TABLE: Readonly<Record<Operation, readonly Role[]>> = {
  createKey: ['Writer', 'Manager'],
  listKeys: ['Reader', 'ReaderPlus', 'Writer', 'Manager'],
  readKeyMetadata: ['Reader', 'ReaderPlus', 'Writer', 'Manager'],
  readKey: ['ReaderPlus', 'Writer', 'Manager'],
  wrapKey: ['Reader', 'ReaderPlus', 'Writer', 'Manager'],
  unwrapKey: ['Reader', 'ReaderPlus', 'Writer', 'Manager'],
  rewrapKey: ['Reader', 'ReaderPlus', 'Writer', 'Manager'],
  listKeyVersions: ['Reader', 'ReaderPlus', 'Writer', 'Manager'],
  rotateKey: ['Writer', 'Manager'],
  syncKey: ['Writer', 'Manager'],
  disableKey: ['Manager'],
  enableKey: ['Manager'],
  setKeyForDeletion: ['Writer', 'Manager'],
  unsetKeyForDeletion: ['Writer', 'Manager'],
  deleteKey: ['Manager'],
  restoreKey: ['Manager'],
  purgeKey: ['KeyPurge'],
  moveKey: ['Manager'],
  writeAliases: ['Writer', 'Manager'],
  listKeyRings: ['Reader', 'ReaderPlus', 'Writer', 'Manager'],
  createKeyRing: ['Writer', 'Manager'],
  deleteKeyRing: ['Manager'],
  useImportToken: ['Writer', 'Manager'],
  listRegistrations: ['Reader', 'ReaderPlus', 'Writer', 'Manager'],
  readPolicies: ['Manager'],
  writePolicies: ['Manager'],
  writeRegistrations: ['Reader', 'ReaderPlus', 'Writer', 'Manager'],
  exportEvidence: ['Reader', 'ReaderPlus', 'Writer', 'Manager'],
  readManifest: ['Reader', 'ReaderPlus', 'Writer', 'Manager'],
  listAuthorizations: ['Reader', 'ReaderPlus', 'Writer', 'Manager'],
  readHistory: ['Reader', 'ReaderPlus', 'Writer', 'Manager'],
  denyDeletion: ['Manager'],
  adoptKey: ['Manager'],
  abandonDeletion: ['Manager'],
  reauthorizeDeletion: ['Writer', 'Manager'],
  managePeople: ['Manager'],
  manageInstance: ['Manager'],
  readChangeRequests: ['Manager'],
  decideChangeRequests: ['Manager'],
  manageMails: ['Manager'],
  startDrill: ['Manager'],
  readDrills: ['Reader', 'ReaderPlus', 'Writer', 'Manager'],
  confirmDrill: ['Manager'],
  manageApiKeys: ROLES,
};

const OPERATIONS = Object.keys(ACCESS) as readonly Operation[];

it.each(OPERATIONS)('%s is for whom the table says, and for nobody else', (operation) => {
  const allowed = ROLES.filter((role) => mayCall(person('somebody', [role]), operation));
  expect(allowed).toEqual(ROLES.filter((role) => TABLE[operation].includes(role)));
});

it('roles add up', () => {
  expect(mayCall(person('both', ['KeyPurge', 'Reader']), 'listKeys')).toBe(true);
});

it('whoever has no role, is frozen or removed may do nothing', () => {
  for (const operation of OPERATIONS) {
    expect(mayCall(person('nobody', []), operation)).toBe(false);
    expect(mayCall(person('frozen', ROLES, { status: 'frozen' }), operation)).toBe(false);
    expect(mayCall(person('removed', ROLES, { status: 'removed' }), operation)).toBe(false);
  }
});
