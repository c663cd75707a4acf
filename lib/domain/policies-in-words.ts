import type { Difference } from './change-request.ts';
import type { InstancePolicies } from './instance.ts';

/** How policies that were written differ from those before, a line for each that was written. */
export const policyDifferences = (before: InstancePolicies, after: InstancePolicies): readonly Difference[] =>
  (Object.keys(POLICIES) as (keyof InstancePolicies)[]).flatMap((kind) =>
    after[kind] === undefined
      ? []
      : [
          {
            name: POLICIES[kind].name,
            before: POLICIES[kind].said(before),
            after: POLICIES[kind].said(after),
          },
        ],
  );

interface Told {
  readonly name: string;
  readonly said: (policies: InstancePolicies) => string;
}

const onOff = (policy: { readonly enabled: boolean } | undefined, on = 'on'): string =>
  policy?.enabled === true ? on : 'off';

const POLICIES: { readonly [kind in keyof InstancePolicies]-?: Told } = {
  dualAuthDelete: {
    name: 'Dual authorization of keys that are created',
    said: ({ dualAuthDelete }) => onOff(dualAuthDelete),
  },
  rotation: {
    name: 'Rotation of keys that are created',
    said: ({ rotation }) => onOff(rotation, `every ${rotation?.intervalMonths} months`),
  },
  allowedNetwork: {
    name: 'Allowed network',
    said: ({ allowedNetwork }) => onOff(allowedNetwork, allowedNetwork?.network),
  },
  allowedIP: {
    name: 'Allowed addresses',
    said: ({ allowedIP }) => onOff(allowedIP, (allowedIP?.ranges ?? []).slice(0, MOST_RANGES).join(', ')),
  },
  keyCreateImportAccess: {
    name: 'Creating and importing keys',
    said: ({ keyCreateImportAccess: policy }) => onOff(policy, restrictionsOf(policy?.access)),
  },
  metrics: { name: 'Metrics', said: ({ metrics }) => onOff(metrics) },
};

/** A mail is no list of a thousand. */
const MOST_RANGES = 20;

const restrictionsOf = (access: object = {}): string =>
  Object.entries(access)
    .map(([name, allowed]) => `${name} ${allowed === true ? 'yes' : 'no'}`)
    .join(', ') || 'on';
