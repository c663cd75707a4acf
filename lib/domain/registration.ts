import { ACTIVE, DESTROYED, isBeingDestroyed, type Key, type KeyVersion } from './key.ts';
import type { PersonId } from './person.ts';
import { accept, type Decision, refuse } from './refusal.ts';

/** A cloud resource that uses a key: what becomes inaccessible when the key is destroyed. */
export interface Registration {
  readonly instanceId: string;
  readonly keyId: string;
  /** The key's name, which never changes. */
  readonly keyName: string;
  readonly resourceCrn: string;
  readonly description?: string;
  /** The service's own notes; shown to services alone. */
  readonly registrationMetadata?: string;
  /** The resource has a retention policy (WORM): the key cannot be deleted, not by force either. */
  readonly preventKeyDeletion: boolean;
  /** The version of the key that the resource uses. */
  readonly keyVersion: KeyVersion;
  readonly createdAt: number;
  readonly createdBy: PersonId;
  readonly updatedAt: number;
  readonly updatedBy: PersonId;
}

/**
 * How many registrations a key can have: all are read for the manifest of its deletion, and removed by fifty-six
 * transactions after it.
 */
export const MOST_REGISTRATIONS = 5_000;

/** What a service says of a resource. */
export interface RegistrationInput {
  readonly description?: string;
  readonly registrationMetadata?: string;
  readonly preventKeyDeletion?: boolean;
  /** Absent: the newest. */
  readonly keyVersionId?: string;
}

/** Whether resources can be registered with the key now (Key Protect: root keys only, active). */
export function mayRegister(key: Key): Decision<void> {
  if (key.extractable) return refuse('registration-not-root');
  if (key.state !== ACTIVE) return refuse('registration-key-state');
  if (isBeingDestroyed(key)) return refuse('deletion-under-way');
  return accept(undefined);
}

/** Whether what is registered can be changed or removed: until the key is destroyed. */
export function mayChangeRegistrations(key: Key): Decision<void> {
  if (key.extractable) return refuse('registration-not-root');
  if (key.state === DESTROYED) return refuse('registration-key-state');
  if (isBeingDestroyed(key)) return refuse('deletion-under-way');
  return accept(undefined);
}

export interface Registering {
  readonly key: Key;
  readonly resourceCrn: string;
  readonly by: PersonId;
  readonly now: number;
}

/** The registration as it is after a service has told everything about the resource, anew or for the first time. */
export function register(
  { key, resourceCrn, by, now }: Registering,
  input: RegistrationInput,
  before: Registration | undefined,
): Decision<Registration> {
  const { keyVersionId, preventKeyDeletion = false, ...told } = input;
  const keyVersion = versionOf(key, keyVersionId);
  if (keyVersion === undefined) return refuse('key-version-unknown');
  if (before === undefined && registrationsOf(key) >= MOST_REGISTRATIONS)
    return refuse('too-many-registrations');
  const { createdAt = now, createdBy = by } = before ?? {};
  const { instanceId, id: keyId, name: keyName } = key;
  const authors = { createdAt, createdBy, updatedAt: now, updatedBy: by };
  return accept({
    instanceId,
    keyId,
    keyName,
    resourceCrn,
    ...told,
    preventKeyDeletion,
    keyVersion,
    ...authors,
  });
}

/** The registration with what a service has told added to what was known. */
export function merge(
  { key, by, now }: Registering,
  input: RegistrationInput,
  before: Registration,
): Decision<Registration> {
  const { keyVersionId, ...told } = input;
  const keyVersion = keyVersionId === undefined ? before.keyVersion : versionOf(key, keyVersionId);
  if (keyVersion === undefined) return refuse('key-version-unknown');
  return accept({ ...before, ...told, keyVersion, updatedAt: now, updatedBy: by });
}

const versionOf = ({ versions }: Key, id: string | undefined): KeyVersion | undefined =>
  id === undefined ? versions[0] : versions.find((version) => version.id === id);

/** How many resources are registered with the key, and how many of them retain it. */
export const registrationsOf = ({ registrationCount = 0 }: Key): number => registrationCount;
export const retentionsOf = ({ retentionCount = 0 }: Key): number => retentionCount;

/**
 * What the change of one registration makes of the key: its counts, and its `lossVersion` where what would be lost
 * with the key has changed. A new description, or a service that has moved on to a newer version, changes nothing of that.
 */
export function afterRegistration(
  key: Key,
  before: Registration | undefined,
  after: Registration | undefined,
): Pick<Key, 'registrationCount' | 'retentionCount' | 'lossVersion'> {
  const registered = numberOf(after !== undefined) - numberOf(before !== undefined);
  const retained = numberOf(after?.preventKeyDeletion) - numberOf(before?.preventKeyDeletion);
  return {
    registrationCount: registrationsOf(key) + registered,
    retentionCount: retentionsOf(key) + retained,
    lossVersion: key.lossVersion + numberOf(registered !== 0 || retained !== 0),
  };
}

const numberOf = (is: boolean | undefined): number => (is === true ? 1 : 0);

/**
 * Why the resources that use the key keep it from being deleted, retention first: no force lifts that (Key Protect:
 * PREV_KEY_DEL_ERR before PROTECTED_RESOURCE_ERR).
 */
export function whyProtected(
  key: Key,
  force: boolean | undefined,
): 'retention-found' | 'resources-protected' | undefined {
  if (retentionsOf(key) > 0) return 'retention-found';
  return registrationsOf(key) > 0 && force !== true ? 'resources-protected' : undefined;
}
