import { randomUUID } from 'node:crypto';
import type {
  AllowedIpPolicy,
  AllowedNetworkPolicy,
  InstancePolicies,
  KeyAccessPolicy,
  Policies,
  Policy,
} from '../domain/instance.ts';
import type { PersonId } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { changedRotation, type RotationChange, rotatesByPolicy } from '../domain/rotation.ts';
import type { EpochMillis } from '../domain/time.ts';

/** What a request says of policies. Those that it names are written, all or none; the others stay. */
export interface PolicyChange {
  readonly dualAuthDelete?: boolean;
  readonly rotation?: RotationChange;
}

/** What a policy says beside who wrote it and when. */
type SettingsOf<P extends Policy> = Omit<P, Exclude<keyof Policy, 'enabled'>>;

/** The same of an instance, which has policies that no key has. What one that is written leaves out, it has not. */
export interface InstancePolicyChange extends PolicyChange {
  readonly allowedNetwork?: SettingsOf<AllowedNetworkPolicy>;
  readonly allowedIP?: SettingsOf<AllowedIpPolicy>;
  readonly keyCreateImportAccess?: SettingsOf<KeyAccessPolicy>;
  readonly metrics?: SettingsOf<Policy>;
}

export interface Author {
  readonly by: PersonId;
  readonly now: EpochMillis;
}

/** The policies that a change names, as they are after it. */
export function written(
  before: Policies,
  { dualAuthDelete, rotation }: PolicyChange,
  author: Author,
): Decision<Policies> {
  const rotates = rotation && changedRotation(before.rotation, rotation);
  if (rotates?.ok === false) return rotates;
  return accept({
    ...(dualAuthDelete !== undefined && {
      dualAuthDelete: signed(before.dualAuthDelete, { enabled: dualAuthDelete }, author),
    }),
    ...(rotates && { rotation: signed(before.rotation, rotates.value, author) }),
  });
}

/** The same of an instance. */
export function writtenForInstance(
  before: InstancePolicies,
  change: InstancePolicyChange,
  author: Author,
): Decision<InstancePolicies> {
  const { allowedNetwork, allowedIP, keyCreateImportAccess, metrics, ...shared } = change;
  const first = written(before, shared, author);
  if (!first.ok) return first;
  return accept({
    ...first.value,
    ...(allowedNetwork && { allowedNetwork: signed(before.allowedNetwork, allowedNetwork, author) }),
    ...(allowedIP && { allowedIP: signed(before.allowedIP, allowedIP, author) }),
    ...(keyCreateImportAccess && {
      keyCreateImportAccess: signed(before.keyCreateImportAccess, keyCreateImportAccess, author),
    }),
    ...(metrics && { metrics: signed(before.metrics, metrics, author) }),
  });
}

const signed = <Settings extends Pick<Policy, 'enabled'>>(
  before: Policy | undefined,
  settings: Settings,
  { by, now }: Author,
): Settings & Policy => ({
  id: before?.id ?? randomUUID(),
  createdAt: before?.createdAt ?? now,
  createdBy: before?.createdBy ?? by,
  ...settings,
  updatedAt: now,
  updatedBy: by,
});

/** What somebody wants of a key that they create: in the place of the instance's policies, each by itself. */
export interface PolicyOverrides {
  readonly dualAuthDelete?: boolean;
  /** `none`: no such policy, whatever the instance's is. */
  readonly rotation?: RotationChange | 'none';
}

/** The policies that a key begins with: those of the instance at this moment, where they can be its own. */
export function firstPolicies(
  ofInstance: Policies,
  overrides: PolicyOverrides,
  { key, author }: { readonly key: Parameters<typeof rotatesByPolicy>[0]; readonly author: Author },
): Decision<Policies> {
  const dualAuthDelete = overrides.dualAuthDelete ?? ofInstance.dualAuthDelete?.enabled;
  const rotates = rotatesByPolicy(key);
  const asked = overrides.rotation === 'none' ? undefined : overrides.rotation;
  if (asked !== undefined && !rotates) return refuse('rotation-not-by-policy');
  const inherited = rotates && overrides.rotation === undefined ? ofInstance.rotation : undefined;
  const rotation = asked ?? inherited;
  return written(
    {},
    { ...(dualAuthDelete !== undefined && { dualAuthDelete }), ...(rotation && { rotation }) },
    author,
  );
}
