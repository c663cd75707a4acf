import { ACCESS, mayCall } from '../domain/access.ts';
import { MANAGERS_NEEDED, managersOver } from '../domain/approval.ts';
import type { AuditAction, EventDraft } from '../domain/audit.ts';
import type { InstancePolicies } from '../domain/instance.ts';
import { DESTROYED, type Key, needsTwoPeople } from '../domain/key.ts';
import { isWithin } from '../domain/network.ts';
import type { PersonId } from '../domain/person.ts';
import { accept, type Decision, type Refusal, refuse } from '../domain/refusal.ts';
import { rotatesByPolicy } from '../domain/rotation.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import { commitInstanceChange, commitKeyChange } from './change.ts';
import { policiesChangedMails } from './change-mails.ts';
import type { Context } from './context.ts';
import { permittedKey } from './read-keys.ts';
import { loadInstance } from './records/instance.ts';
import { loadPeople, reloadPerson, stillHoldsAny } from './records/person.ts';
import {
  type InstancePolicyChange,
  type PolicyChange,
  written,
  writtenForInstance,
} from './written-policies.ts';

/** The instance's policies that were ever set. */
export async function getInstancePolicies(
  { store }: Context,
  { person, instance }: Caller,
): Promise<Decision<InstancePolicies>> {
  if (!mayCall(person, 'readPolicies')) return refuse('access-denied');
  return accept((await loadInstance(store, instance.id)) ?? instance);
}

/**
 * What governs keys governs those that are created from now on, never those that are there (contract, section 4). From
 * where the instance can be reached counts for the next request: a list without the caller's own address is refused.
 */
export function putInstancePolicies(
  context: Context,
  caller: Caller,
  change: InstancePolicyChange,
): Promise<Decision<void>> {
  return attempt(context, async () => {
    const instance = await loadInstance(context.store, caller.instance.id);
    const person = await reloadPerson(context.store, caller.person);
    if (instance === undefined || !mayCall(person, 'writePolicies')) return refuse('access-denied');
    if (change.dualAuthDelete && !(await twoManagers(context, instance.id)))
      return refuse('approver-missing', TWO_NEEDED);
    if (shutsOut(change.allowedIP, caller.source)) return refuse('own-address-missing', ownAddress(caller));
    const now = context.clock.now();
    const next = writtenForInstance(instance, change, { by: person.id, now });
    if (!next.ok) return next;
    const committed = await commitInstanceChange(context, {
      instance,
      now,
      next: next.value,
      events: [
        policyEvent('kms.instance-policies.write', person.id, { before: instance, after: next.value }),
      ],
      writes: [
        ...stillHoldsAny(person, ACCESS.writePolicies, {}),
        ...policiesChangedMails(
          await loadPeople(context.store, instance.id),
          { instance, after: next.value },
          { by: person, now },
        ),
      ],
    });
    return committed ? accept(undefined) : undefined;
  });
}

/** The key, whose policies are those that were ever set. */
export const getKeyPolicies = (context: Context, caller: Caller, idOrAlias: string): Promise<Decision<Key>> =>
  permittedKey(context, caller, { operation: 'readPolicies', idOrAlias });

/** Sets a key's policies. Dual authorization, once on, stays on until the key is destroyed (contract, section 4). */
export function putKeyPolicies(
  context: Context,
  caller: Caller,
  idOrAlias: string,
  change: PolicyChange,
): Promise<Decision<Key>> {
  return attempt(context, async () => {
    const person = await reloadPerson(context.store, caller.person);
    const asked = { operation: 'writePolicies', idOrAlias } as const;
    const found = await permittedKey(context, { ...caller, person }, asked);
    if (!found.ok) return found;
    const key = found.value;
    const refused = whyNotOnKey(key, change);
    if (refused !== undefined) return { ok: false, refusal: refused };
    if (change.dualAuthDelete && !(await twoManagers(context, key.instanceId, key)))
      return refuse('approver-missing', TWO_NEEDED);
    const now = context.clock.now();
    const next = written(key, change, { by: person.id, now });
    if (!next.ok) return next;
    const events = [policyEvent('kms.policies.write', person.id, { before: key, after: next.value })];
    const writes = stillHoldsAny(person, ACCESS.writePolicies, key);
    const committed = await commitKeyChange(context, { key, now, next: next.value, events, writes });
    return committed ? accept({ ...key, ...next.value }) : undefined;
  });
}

function whyNotOnKey(key: Key, { dualAuthDelete, rotation }: PolicyChange): Refusal | undefined {
  if (key.state === DESTROYED) return { code: 'key-not-active' };
  if (needsTwoPeople(key) && dualAuthDelete === false) return { code: 'dual-authorization-irrevocable' };
  if (rotation !== undefined && !rotatesByPolicy(key)) return { code: 'rotation-not-by-policy' };
  return undefined;
}

const shutsOut = (policy: InstancePolicyChange['allowedIP'], source: string | undefined): boolean =>
  policy?.enabled === true && !isWithin(policy.ranges ?? [], source);

const ownAddress = ({ source }: Caller): string =>
  source === undefined
    ? 'This server does not know where requests come from, so that the policy would shut everybody out'
    : `The field \`allowed_ip\` must be: a list that holds ${source}, where this request comes from, or you could not take it back`;

const TWO_NEEDED =
  'Dual authorization needs two Managers who are different people, so that one can ask and the other approve. Add another Manager first';

/** A policy that nobody could meet is refused when it is set, not when a key has to be deleted. */
const twoManagers = async ({ store }: Context, instanceId: string, key?: Key): Promise<boolean> =>
  managersOver(await loadPeople(store, instanceId), key) >= MANAGERS_NEEDED;

type Kind = keyof InstancePolicies;
type Said = NonNullable<EventDraft['data']>;

/** What an event says of each kind of policy (Key Protect, docs: at-events; it names none for rotation and metrics). */
const SAID: { readonly [kind in Kind]-?: (policy: InstancePolicies[kind]) => Said } = {
  dualAuthDelete: (policy) => ({ PolicyDualAuthDeleteEnabled: policy?.enabled }),
  rotation: (policy) => ({
    PolicyRotationEnabled: policy?.enabled,
    PolicyRotationIntervalMonth: policy?.intervalMonths,
  }),
  allowedNetwork: (policy) => ({
    PolicyAllowedNetworkEnabled: policy?.enabled,
    PolicyAllowedNetworkAttribute: policy?.network,
  }),
  allowedIP: (policy) => ({
    PolicyAllowedIPEnabled: policy?.enabled,
    PolicyAllowedIPAttribute: policy?.ranges?.join(' '),
  }),
  keyCreateImportAccess: (policy) => ({
    PolicyKCIAEnabled: policy?.enabled,
    PolicyKCIAAttrCRK: policy?.access?.createRootKey,
    PolicyKCIAAttrCSK: policy?.access?.createStandardKey,
    PolicyKCIAAttrIRK: policy?.access?.importRootKey,
    PolicyKCIAAttrISK: policy?.access?.importStandardKey,
    PolicyKCIAAttrET: policy?.access?.enforceToken,
  }),
  metrics: (policy) => ({ PolicyMetricsEnabled: policy?.enabled }),
};

/** A change of policies, of which `after` holds those that were written. */
export const policyEvent = (
  action: AuditAction,
  by: PersonId,
  { before, after }: { readonly before: InstancePolicies; readonly after: InstancePolicies },
): EventDraft => ({
  action,
  actor: by,
  outcome: 'success',
  data: Object.assign(
    {},
    ...(Object.keys(SAID) as Kind[]).map((kind) => changed(kind, before, after)),
  ) as Said,
});

const changed = <K extends Kind>(kind: K, before: InstancePolicies, after: InstancePolicies): Said =>
  after[kind] === undefined
    ? {}
    : {
        ...prefixed('initialValue', SAID[kind](before[kind])),
        ...prefixed('newValue', SAID[kind](after[kind])),
      };

const prefixed = (prefix: string, data: Said): Said =>
  Object.fromEntries(Object.entries(data).map(([name, value]) => [`${prefix}${name}`, value]));
