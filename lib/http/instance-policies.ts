import * as z from 'zod';
import type { InstancePolicies } from '../domain/instance.ts';
import { accept } from '../domain/refusal.ts';
import { getInstancePolicies, putInstancePolicies } from '../operations/policies.ts';
import type { InstancePolicyChange } from '../operations/written-policies.ts';
import { INSTANCE_POLICY as INSTANCE_POLICY_ANSWER } from './answer-schemas.ts';
import { badBody, bodyQueryMismatch, invalidField, onePolicyPerQuery } from './bad-request.ts';
import { fields, validated } from './body.ts';
import { collection, POLICY_TYPE } from './collection.ts';
import { collectionBody } from './describe.ts';
import { answer, type Endpoint, endpoint, NO_CONTENT, ok } from './endpoint.ts';
import { KINDS, KINDS_OF_POLICY, type Kind, POLICY_DATA } from './instance-policy-kinds.ts';
import { ENABLED } from './key-body.ts';
import { choice } from './query.ts';
import { instancePolicy } from './representations.ts';

/** As documented, and the form of a key's policy, which one page of Key Protect's documentation shows instead. */
const INSTANCE_POLICY = fields({
  policy_type: z.string('a policy type').optional(),
  policy_data: POLICY_DATA.optional(),
  type: z.unknown().optional(),
  dualAuthDelete: z.unknown().optional(),
});

const KEY_POLICY_FORM = fields({ dualAuthDelete: ENABLED });

const ALLOWED_IP_TYPE = 'application/vnd.ibm.kms.allowed_ip_metadata+json';

/** An instance's policies: those that govern the keys that are created from then on, and those of the instance itself. */
export const INSTANCE_POLICIES: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    path: '/api/v2/instance/policies',
    operation: 'readPolicies',
    failure: 'Instance policy could not be retrieved',
    id: 'getInstancePolicy',
    summary: 'Read the policies of the instance',
    tag: 'Policies',
    query: { policy: choice(KINDS) },
    answers: {
      200: { what: 'The policies that were set', schema: INSTANCE_POLICY_ANSWER, collection: POLICY_TYPE },
    },
    handle: async ({ context, caller, query }) => {
      const kinds = query.policy === undefined ? KINDS : [query.policy];
      const policies = await getInstancePolicies(context, caller);
      return answer(policies, (found) =>
        ok(
          collection(
            POLICY_TYPE,
            kinds.flatMap((kind) => shown(kind, found)),
          ),
        ),
      );
    },
  }),
  endpoint({
    method: 'PUT',
    path: '/api/v2/instance/policies',
    operation: 'writePolicies',
    failure: 'Instance policy could not be created',
    id: 'putInstancePolicy',
    summary: 'Set policies of the instance; those of keys are for the keys that are created from then on',
    refusals: ['approver-missing', 'interval-missing', 'own-address-missing'],
    tag: 'Policies',
    query: { policy: choice(KINDS) },
    body: collectionBody(INSTANCE_POLICY),
    answers: { 204: { what: 'The policies are set' } },
    handle: async ({ context, caller, query, body }) => {
      const change = asked(body, query.policy);
      return answer(await putInstancePolicies(context, caller, change), () => NO_CONTENT);
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v2/instance/allowed_ip_port',
    operation: 'readPolicies',
    failure: 'Allowed IP port could not be retrieved',
    id: 'getAllowedIpPort',
    summary: 'List the ports of the private endpoint, of which there are none',
    tag: 'Policies',
    answers: { 200: { what: 'No ports', schema: z.object({}), collection: ALLOWED_IP_TYPE } },
    handle: async () => accept(ok(collection(ALLOWED_IP_TYPE, []))),
  }),
];

function shown(kind: Kind, policies: InstancePolicies): readonly object[] {
  const policy = policies[kind];
  if (policy === undefined) return [];
  return [instancePolicy(kind, policy, KINDS_OF_POLICY[kind].attributes(policies))];
}

type Item = z.output<typeof INSTANCE_POLICY>;

/** What is to be written. @throws RequestProblem when body and query do not ask for just that. */
function asked(items: readonly Item[], policy: Kind | undefined): InstancePolicyChange {
  if (policy !== undefined && items.length > 1) throw onePolicyPerQuery();
  if (policy !== undefined && items.some((item) => kindOf(item) !== policy)) throw bodyQueryMismatch();
  const changes = items.map(changeOf);
  const kinds = changes.flatMap((change) => Object.keys(change));
  if (new Set(kinds).size < kinds.length) throw badBody('one policy of each type');
  return Object.assign({}, ...changes) as InstancePolicyChange;
}

const kindOf = ({ policy_type, dualAuthDelete }: Item): string =>
  policy_type ?? (dualAuthDelete === undefined ? '' : 'dualAuthDelete');

function changeOf(item: Item): InstancePolicyChange {
  const kind = KINDS.find((known) => known === kindOf(item));
  if (kind === undefined) throw invalidField('policy_type', `one of ${KINDS.join(', ')}`);
  const { policy_type, policy_data, dualAuthDelete } = item;
  if (policy_type !== undefined) {
    return validated(fields({ policy_data: KINDS_OF_POLICY[kind].data }), { policy_data }).policy_data;
  }
  return { dualAuthDelete: validated(KEY_POLICY_FORM, { dualAuthDelete }).dualAuthDelete.enabled };
}
