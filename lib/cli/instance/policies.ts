import * as z from 'zod';
import { CliError } from '../problem.ts';
import type { Server } from '../server.ts';

const ATTRIBUTES = z.looseObject({
  interval_month: z.number().optional(),
  allowed_ip: z.array(z.string()).optional(),
  allowed_network: z.string().optional(),
  create_root_key: z.boolean().optional(),
  create_standard_key: z.boolean().optional(),
  import_root_key: z.boolean().optional(),
  import_standard_key: z.boolean().optional(),
  enforce_token: z.boolean().optional(),
});

const POLICY = z.looseObject({
  policy_type: z.string(),
  policy_data: z.looseObject({ enabled: z.boolean(), attributes: ATTRIBUTES.optional() }),
});

/** A policy as the server shows it. */
export type ShownPolicy = z.infer<typeof POLICY>;

export const POLICIES_PATH = 'api/v2/instance/policies';

/** @throws CliError when the server does not answer as one. */
export async function readPolicies(server: Server): Promise<readonly ShownPolicy[]> {
  const parsed = z.object({ resources: z.array(POLICY) }).safeParse(await server.get(POLICIES_PATH));
  if (!parsed.success) throw new CliError('the server sent an answer that is no list of policies');
  return parsed.data.resources;
}

/** What keys can do where no policy says otherwise (Key Protect). */
const DEFAULT_ACCESS = {
  create_root_key: true,
  create_standard_key: true,
  import_root_key: true,
  import_standard_key: true,
  enforce_token: false,
};
export type Access = typeof DEFAULT_ACCESS;

/** What a Manager wants of the policies. */
export interface WantedPolicies {
  readonly dualAuthorization?: boolean | undefined;
  /** Months from one rotation to the next. */
  readonly rotation?: number | 'off' | undefined;
  /** Ranges, or `off` alone. */
  readonly allowedIp?: readonly string[] | undefined;
  readonly access: Partial<Access>;
}

/** The policies to send; what a policy on keys does not name stays as it was. @throws CliError */
export function wantedPolicies(
  { dualAuthorization, rotation, allowedIp, access }: WantedPolicies,
  before: readonly ShownPolicy[],
): readonly ShownPolicy[] {
  return [
    ...(dualAuthorization === undefined ? [] : [policy('dualAuthDelete', dualAuthorization)]),
    ...(allowedIp === undefined ? [] : [allowedIpPolicy(allowedIp)]),
    ...(Object.keys(access).length === 0 ? [] : [accessPolicy(access, before)]),
    ...(rotation === undefined ? [] : [rotationPolicy(rotation)]),
  ];
}

const policy = (policy_type: string, enabled: boolean, attributes?: object): ShownPolicy => ({
  policy_type,
  policy_data: { enabled, ...(attributes !== undefined && { attributes: { ...attributes } }) },
});

function allowedIpPolicy(ranges: readonly string[]): ShownPolicy {
  if (!ranges.includes('off')) return policy('allowedIP', true, { allowed_ip: [...ranges] });
  if (ranges.length > 1) throw new CliError('either --allowed-ip off or the ranges that are allowed');
  return policy('allowedIP', false);
}

/** Off where it forbids nothing. */
function accessPolicy(access: Partial<Access>, before: readonly ShownPolicy[]): ShownPolicy {
  const current = before.find(({ policy_type }) => policy_type === 'keyCreateImportAccess');
  const wanted = { ...DEFAULT_ACCESS, ...current?.policy_data.attributes, ...access };
  const names = Object.keys(DEFAULT_ACCESS) as (keyof Access)[];
  return names.every((name) => wanted[name] === DEFAULT_ACCESS[name])
    ? policy('keyCreateImportAccess', false)
    : policy('keyCreateImportAccess', true, wanted);
}

const rotationPolicy = (rotation: number | 'off'): ShownPolicy =>
  rotation === 'off' ? policy('rotation', false) : policy('rotation', true, { interval_month: rotation });

/** One line for people. */
export function policyText({
  policy_type,
  policy_data: { enabled, attributes = {} },
}: ShownPolicy): readonly [string, string] {
  const said = { ...TEXTS }[policy_type]?.(attributes);
  return [LABELS[policy_type] ?? policy_type, enabled ? (said ?? 'on') : 'off'];
}

const LABELS: { readonly [type: string]: string } = {
  dualAuthDelete: 'dual authorization',
  allowedNetwork: 'allowed network',
  allowedIP: 'allowed addresses',
  keyCreateImportAccess: 'creating and importing keys',
  rotation: 'rotation',
};

type Attributes = z.infer<typeof ATTRIBUTES>;

const TEXTS: { readonly [type: string]: (attributes: Attributes) => string } = {
  dualAuthDelete: () => 'on: keys that are created need two people to be deleted',
  allowedNetwork: ({ allowed_network }) => allowed_network ?? 'on',
  allowedIP: ({ allowed_ip = [] }) => allowed_ip.join(', '),
  keyCreateImportAccess: (attributes) => restrictions(attributes).join(', ') || 'on, nothing is restricted',
  rotation: ({ interval_month }) => `every ${interval_month} months, for root keys that are created`,
};

const restrictions = (attributes: Attributes): readonly string[] => [
  ...(attributes.create_root_key === false ? ['no root keys are created'] : []),
  ...(attributes.create_standard_key === false ? ['no standard keys are created'] : []),
  ...(attributes.import_root_key === false ? ['no root keys are imported'] : []),
  ...(attributes.import_standard_key === false ? ['no standard keys are imported'] : []),
  ...(attributes.enforce_token === true ? ['imports need an import token'] : []),
];
