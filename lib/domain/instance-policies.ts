import type { Instance, InstancePolicies, KeyAccess } from './instance.ts';
import { isWithin } from './network.ts';
import { accept, type Decision, refuse } from './refusal.ts';

/** As many as Key Protect takes (docs: managing an allowed IP policy). */
export const MOST_ADDRESS_RANGES = 1_000;

/**
 * Whether the instance can be reached from this address. Where its policy is on, an address that is not known counts as
 * one that is not in the list.
 */
export function isReachableFrom(
  { allowedIP }: Pick<Instance, 'allowedIP'>,
  source: string | undefined,
): boolean {
  return allowedIP?.enabled !== true || isWithin(allowedIP.ranges ?? [], source);
}

/** What a policy allows where it says nothing (Key Protect, docs: manage-keyCreateImportAccess). */
export const DEFAULT_KEY_ACCESS: KeyAccess = {
  createRootKey: true,
  createStandardKey: true,
  importRootKey: true,
  importStandardKey: true,
  enforceToken: false,
};

/** Material that comes into the instance, with a key that it makes or a version of one. */
export interface Arrival {
  /** True: a standard key. */
  readonly extractable: boolean;
  readonly imported: boolean;
  /** Encrypted under the import token. */
  readonly encrypted: boolean;
}

/** Whether a key can come into being like this. */
export function mayComeIntoBeing(
  policies: Pick<InstancePolicies, 'keyCreateImportAccess'>,
  arrival: Arrival,
): Decision<undefined> {
  const access = keyAccessOf(policies);
  const { extractable, imported } = arrival;
  const [verb, allowed] = imported
    ? ['imported', extractable ? access.importStandardKey : access.importRootKey]
    : ['created', extractable ? access.createStandardKey : access.createRootKey];
  if (allowed) return mayBring(policies, arrival);
  const kind = extractable ? 'standard' : 'root';
  return refuse('key-access', `${NOT_ALLOWED}: no ${kind} keys are ${verb} in this instance`);
}

/** Whether material can be brought along like this, for a key or for its next version. */
export const mayBring = (
  policies: Pick<InstancePolicies, 'keyCreateImportAccess'>,
  { imported, encrypted }: Omit<Arrival, 'extractable'>,
): Decision<undefined> =>
  keyAccessOf(policies).enforceToken && imported && !encrypted
    ? refuse('key-access', `${NOT_ALLOWED}: key material is imported under an import token alone`)
    : accept(undefined);

const NOT_ALLOWED = 'KeyCreateImportAccess instance policy does not allow this action';

function keyAccessOf({
  keyCreateImportAccess: policy,
}: Pick<InstancePolicies, 'keyCreateImportAccess'>): KeyAccess {
  return policy?.enabled === true && policy.access !== undefined ? policy.access : DEFAULT_KEY_ACCESS;
}
