import type { HonoRequest } from 'hono';
import * as z from 'zod';
import { getInstancePolicies, putInstancePolicy } from '../operations/policies.ts';
import { badBody, bodyQueryMismatch, invalidField, onePolicyPerQuery } from './bad-request.ts';
import { fields, validated } from './body.ts';
import { collection, POLICY_TYPE, readCollection } from './collection.ts';
import { answer, type Endpoint, NO_CONTENT, ok } from './endpoint.ts';
import { ENABLED } from './key-body.ts';
import { choiceOf } from './query.ts';
import { instancePolicy } from './representations.ts';

/** Key Protect's; this service has the first. */
const KINDS = [
  'dualAuthDelete',
  'allowedNetwork',
  'allowedIP',
  'keyCreateImportAccess',
  'metrics',
  'rotation',
] as const;

/** As documented, and the form of a key's policy, which one page of Key Protect's documentation shows instead. */
const INSTANCE_POLICY = fields({
  policy_type: z.string('a policy type').optional(),
  policy_data: z.unknown().optional(),
  type: z.unknown().optional(),
  dualAuthDelete: z.unknown().optional(),
});

const POLICY_DATA = fields({ policy_data: ENABLED });
const KEY_POLICY_FORM = fields({ dualAuthDelete: ENABLED });

/** An instance's policies, which govern the keys that are created from then on. */
export const INSTANCE_POLICIES: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/api/v2/instance/policies',
    operation: 'readPolicies',
    failure: 'Instance policy could not be retrieved',
    handle: async ({ context, caller, request }) => {
      const kind = choiceOf(request, 'policy', KINDS) ?? 'dualAuthDelete';
      const policies = await getInstancePolicies(context, caller);
      return answer(policies, ({ dualAuthDelete }) => {
        const shown = kind === 'dualAuthDelete' && dualAuthDelete !== undefined;
        return ok(collection(POLICY_TYPE, shown ? [instancePolicy(dualAuthDelete)] : []));
      });
    },
  },
  {
    method: 'PUT',
    path: '/api/v2/instance/policies',
    operation: 'writePolicies',
    failure: 'Instance policy could not be created',
    handle: async ({ context, caller, request }) => {
      const dualAuthDelete = await readPolicy(request);
      return answer(await putInstancePolicy(context, caller, { dualAuthDelete }), () => NO_CONTENT);
    },
  },
];

/** Whether the policy is to be on. @throws RequestProblem when body and query do not ask for just that. */
async function readPolicy(request: HonoRequest): Promise<boolean> {
  const kind = choiceOf(request, 'policy', KINDS);
  const items = await readCollection(request, INSTANCE_POLICY);
  if (kind !== undefined && items.length > 1) throw onePolicyPerQuery();
  if (kind !== undefined && items.some((item) => kindOf(item) !== kind)) throw bodyQueryMismatch();
  if (items.some((item) => kindOf(item) !== 'dualAuthDelete')) {
    throw invalidField('policy_type', '`dualAuthDelete`; other policies are not supported');
  }
  const [item, ...others] = items;
  if (item === undefined || others.length > 0) throw badBody('one policy of each type');
  return enabledBy(item);
}

type Item = z.infer<typeof INSTANCE_POLICY>;

const kindOf = ({ policy_type, dualAuthDelete }: Item): string =>
  policy_type ?? (dualAuthDelete === undefined ? '' : 'dualAuthDelete');

function enabledBy({ policy_type, policy_data, dualAuthDelete }: Item): boolean {
  return policy_type === undefined
    ? validated(KEY_POLICY_FORM, { dualAuthDelete }).dualAuthDelete.enabled
    : validated(POLICY_DATA, { policy_data }).policy_data.enabled;
}
