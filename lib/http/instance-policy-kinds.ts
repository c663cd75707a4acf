import * as z from 'zod';
import type { InstancePolicies, KeyAccess } from '../domain/instance.ts';
import { DEFAULT_KEY_ACCESS, MOST_ADDRESS_RANGES } from '../domain/instance-policies.ts';
import { ADDRESS_RANGE_RULE, isAddressRange, LONGEST_ADDRESS_RANGE } from '../domain/network.ts';
import type { InstancePolicyChange } from '../operations/written-policies.ts';
import { fields } from './body.ts';
import { INTERVAL_MONTH, rotationChange } from './rotation-body.ts';

/** Key Protect's, in the order in which they are listed. */
export const KINDS = [
  'dualAuthDelete',
  'allowedNetwork',
  'allowedIP',
  'keyCreateImportAccess',
  'metrics',
  'rotation',
] as const satisfies readonly (keyof InstancePolicies)[];
export type Kind = (typeof KINDS)[number];

const TRUE_OR_FALSE = 'true or false';
const enabled = z.boolean(TRUE_OR_FALSE);
const access = z.boolean(TRUE_OR_FALSE).optional();

const RANGES_RULE = `at most ${MOST_ADDRESS_RANGES}, each of them ${ADDRESS_RANGE_RULE}`;
const RANGE = z
  .string(RANGES_RULE)
  .max(LONGEST_ADDRESS_RANGE, RANGES_RULE)
  .refine(isAddressRange, RANGES_RULE)
  .meta({ description: ADDRESS_RANGE_RULE, examples: ['192.0.2.0/24'] });

const NETWORKS = ['public-and-private', 'private-only'] as const;

const KEY_ACCESS_FIELDS = {
  create_root_key: access,
  create_standard_key: access,
  import_root_key: access,
  import_standard_key: access,
  enforce_token: access,
};

const ATTRIBUTES = {
  interval_month: INTERVAL_MONTH,
  allowed_network: z.enum(NETWORKS, `one of ${NETWORKS.join(', ')}`).optional(),
  allowed_ip: z.array(RANGE, RANGES_RULE).max(MOST_ADDRESS_RANGES, RANGES_RULE).optional(),
  ...KEY_ACCESS_FIELDS,
};

/** What any kind of policy can say. What each has to say, and may, is looked at when it is known which one it is. */
export const POLICY_DATA = fields({ enabled: enabled.optional(), attributes: fields(ATTRIBUTES).optional() });

/** One kind: what its `policy_data` asks for, and what its policy says beside `enabled`. */
interface KindOfPolicy {
  readonly data: z.ZodType<InstancePolicyChange>;
  readonly attributes: (policies: InstancePolicies) => object | undefined;
}

type Complain = (path: readonly string[], must: string) => void;

const complaining =
  (context: z.RefinementCtx): Complain =>
  (path, message) =>
    context.addIssue({ code: 'custom', path: [...path], message });

/** Key Protect takes none with a policy that is off, and keeps none; its Go client sends an empty object. */
const NONE_WHEN_OFF = 'left out of a policy that is disabled, which keeps none';

/** The documentation asks for one with allowedNetwork even when it is disabled, and so does the Go client. */
const ALLOWED_NETWORK = fields({
  enabled,
  attributes: fields({ allowed_network: ATTRIBUTES.allowed_network }).optional(),
})
  .superRefine((given, context) => {
    const network = given.attributes?.allowed_network;
    if (!given.enabled || network === 'public-and-private') return;
    complaining(context)(
      ['attributes', 'allowed_network'],
      'public-and-private: this service has one endpoint, so that private-only could not be kept. Listen on a private address (--host) instead, or use an allowedIP policy',
    );
  })
  .transform(
    ({ enabled: on }): InstancePolicyChange => ({
      allowedNetwork: { enabled: on, ...(on && { network: 'public-and-private' as const }) },
    }),
  );

const ALLOWED_IP = fields({
  enabled,
  attributes: fields({ allowed_ip: ATTRIBUTES.allowed_ip }).optional(),
})
  .superRefine((given, context) => {
    const ranges = given.attributes?.allowed_ip ?? [];
    if (given.enabled && ranges.length === 0)
      complaining(context)(['attributes', 'allowed_ip'], `at least one, ${RANGES_RULE}`);
    if (!given.enabled && ranges.length > 0)
      complaining(context)(['attributes', 'allowed_ip'], NONE_WHEN_OFF);
  })
  .transform(
    ({ enabled: on, attributes }): InstancePolicyChange => ({
      allowedIP: { enabled: on, ...(on && { ranges: attributes?.allowed_ip ?? [] }) },
    }),
  );

const KEY_ACCESS = fields({ enabled, attributes: fields(KEY_ACCESS_FIELDS).optional() })
  .superRefine((given, context) => {
    const says = Object.values(given.attributes ?? {}).some((value) => value !== undefined);
    if (given.enabled && given.attributes === undefined)
      complaining(context)(
        ['attributes'],
        `an object with some of ${Object.keys(KEY_ACCESS_FIELDS).join(', ')}`,
      );
    if (!given.enabled && says) complaining(context)(['attributes'], NONE_WHEN_OFF);
  })
  .transform(
    ({ enabled: on, attributes }): InstancePolicyChange => ({
      keyCreateImportAccess: { enabled: on, ...(on && { access: accessOf(attributes ?? {}) }) },
    }),
  );

/** What is left out is as Key Protect has it by default, whatever it was before (docs: manage-keyCreateImportAccess). */
const accessOf = (
  given: { readonly [name in keyof typeof KEY_ACCESS_FIELDS]?: boolean | undefined },
): KeyAccess => ({
  createRootKey: given.create_root_key ?? DEFAULT_KEY_ACCESS.createRootKey,
  createStandardKey: given.create_standard_key ?? DEFAULT_KEY_ACCESS.createStandardKey,
  importRootKey: given.import_root_key ?? DEFAULT_KEY_ACCESS.importRootKey,
  importStandardKey: given.import_standard_key ?? DEFAULT_KEY_ACCESS.importStandardKey,
  enforceToken: given.enforce_token ?? DEFAULT_KEY_ACCESS.enforceToken,
});

const noAttributes = () => undefined;

export const KINDS_OF_POLICY: { readonly [kind in Kind]: KindOfPolicy } = {
  dualAuthDelete: {
    data: fields({ enabled }).transform(({ enabled: on }) => ({ dualAuthDelete: on })),
    attributes: noAttributes,
  },
  allowedNetwork: {
    data: ALLOWED_NETWORK,
    attributes: ({ allowedNetwork }) =>
      allowedNetwork?.network && { allowed_network: allowedNetwork.network },
  },
  allowedIP: {
    data: ALLOWED_IP,
    attributes: ({ allowedIP }) => allowedIP?.ranges && { allowed_ip: allowedIP.ranges },
  },
  keyCreateImportAccess: {
    data: KEY_ACCESS,
    attributes: ({ keyCreateImportAccess: policy }) =>
      policy?.access && {
        create_root_key: policy.access.createRootKey,
        create_standard_key: policy.access.createStandardKey,
        import_root_key: policy.access.importRootKey,
        import_standard_key: policy.access.importStandardKey,
        enforce_token: policy.access.enforceToken,
      },
  },
  metrics: {
    data: fields({
      enabled: z.literal(false, 'false: this service sends no metrics anywhere'),
    }).transform(({ enabled: on }) => ({ metrics: { enabled: on } })),
    attributes: noAttributes,
  },
  rotation: {
    data: fields({
      enabled,
      attributes: fields({ interval_month: INTERVAL_MONTH }).optional(),
    }).transform(({ enabled: on, attributes }) => ({
      rotation: rotationChange(on, attributes?.interval_month),
    })),
    attributes: ({ rotation }) =>
      rotation?.intervalMonths === undefined ? undefined : { interval_month: rotation.intervalMonths },
  },
};
