import type { HonoRequest } from 'hono';
import * as z from 'zod';
import type { Key } from '../domain/key.ts';
import { getKeyPolicy, putKeyPolicy } from '../operations/policies.ts';
import { badBody, bodyQueryMismatch, invalidField, NOT_SUPPORTED, onePolicyPerQuery } from './bad-request.ts';
import { fields } from './body.ts';
import { collection, POLICY_TYPE, readCollection } from './collection.ts';
import { type Answer, answer, type Endpoint, ok } from './endpoint.ts';
import { ENABLED } from './key-body.ts';
import { keyOf } from './key-path.ts';
import { viewOf } from './keys.ts';
import { choiceOf } from './query.ts';
import { keyPolicy, type View } from './representations.ts';

const KINDS = ['dualAuthDelete', 'rotation'] as const;

/** What an answer says of a policy comes back with some clients, and changes nothing. */
const ANSWERED = z.unknown().optional();

const KEY_POLICY = fields({
  type: ANSWERED,
  id: ANSWERED,
  crn: ANSWERED,
  createdBy: ANSWERED,
  creationDate: ANSWERED,
  updatedBy: ANSWERED,
  lastUpdateDate: ANSWERED,
  dualAuthDelete: ENABLED.optional(),
  rotation: z.unknown().optional(),
});

/** A key's policies. */
export const POLICIES: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/api/v2/keys/:id/policies',
    operation: 'readPolicies',
    failure: 'Policy could not be retrieved',
    handle: async (call) => {
      const kind = choiceOf(call.request, 'policy', KINDS);
      const key = await getKeyPolicy(call.context, call.caller, keyOf(call.request));
      return answer(key, (found) => policiesOf(found, viewOf(call), kind));
    },
  },
  {
    method: 'PUT',
    path: '/api/v2/keys/:id/policies',
    operation: 'writePolicies',
    failure: 'Policy could not be created',
    handle: async (call) => {
      const id = keyOf(call.request);
      const dualAuthDelete = await readPolicy(call.request);
      const key = await putKeyPolicy(call.context, call.caller, id, { dualAuthDelete });
      return answer(key, (changed) => policiesOf(changed, viewOf(call)));
    },
  },
];

function policiesOf(key: Key, view: View, kind: (typeof KINDS)[number] = 'dualAuthDelete'): Answer {
  const { dualAuthDelete, instanceId } = key;
  const shown = kind === 'dualAuthDelete' && dualAuthDelete !== undefined;
  return ok(collection(POLICY_TYPE, shown ? [keyPolicy(dualAuthDelete, instanceId, view)] : []));
}

/** Whether the policy is to be on. @throws RequestProblem when body and query do not ask for just that. */
async function readPolicy(request: HonoRequest): Promise<boolean> {
  const kind = choiceOf(request, 'policy', KINDS);
  const items = await readCollection(request, KEY_POLICY);
  if (kind !== undefined && items.length > 1) throw onePolicyPerQuery();
  if (kind !== undefined && items.some((item) => item[kind] === undefined)) throw bodyQueryMismatch();
  if (items.some(({ rotation }) => rotation !== undefined)) throw invalidField('rotation', NOT_SUPPORTED);
  const [item, ...others] = items;
  if (others.length > 0) throw badBody('one policy of each type');
  if (item?.dualAuthDelete === undefined) throw invalidField('dualAuthDelete', 'there');
  return item.dualAuthDelete.enabled;
}
