import * as z from 'zod';
import type { Policies } from '../domain/instance.ts';
import type { Key } from '../domain/key.ts';
import { getKeyPolicies, putKeyPolicies } from '../operations/policies.ts';
import type { PolicyChange } from '../operations/written-policies.ts';
import { KEY_POLICY as KEY_POLICY_ANSWER } from './answer-schemas.ts';
import { badBody, bodyQueryMismatch, invalidField, onePolicyPerQuery } from './bad-request.ts';
import { fields } from './body.ts';
import { collection, POLICY_TYPE } from './collection.ts';
import { collectionBody } from './describe.ts';
import { type Answer, answer, type Endpoint, endpoint, ok } from './endpoint.ts';
import { ENABLED } from './key-body.ts';
import { keyOf } from './key-path.ts';
import { viewOf } from './keys.ts';
import { choice } from './query.ts';
import { keyPolicy, type View } from './representations.ts';
import { ROTATION, rotationOf } from './rotation-body.ts';

const KINDS = ['dualAuthDelete', 'rotation'] as const;
type Kind = (typeof KINDS)[number];

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
  rotation: ROTATION.optional(),
});

type Item = z.output<typeof KEY_POLICY>;

const POLICIES_ANSWERED = { schema: KEY_POLICY_ANSWER, collection: POLICY_TYPE };

/** A key's policies. */
export const POLICIES: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    path: '/api/v2/keys/:id/policies',
    operation: 'readPolicies',
    failure: 'Policy could not be retrieved',
    id: 'getPolicy',
    summary: 'Read the policies of a key',
    tag: 'Policies',
    query: { policy: choice(KINDS) },
    answers: { 200: { what: 'The policies that were set', ...POLICIES_ANSWERED } },
    handle: async (call) => {
      const { policy } = call.query;
      const key = await getKeyPolicies(call.context, call.caller, keyOf(call.request));
      return answer(key, (found) => policiesOf(found, viewOf(call), policy === undefined ? KINDS : [policy]));
    },
  }),
  endpoint({
    method: 'PUT',
    path: '/api/v2/keys/:id/policies',
    operation: 'writePolicies',
    failure: 'Policy could not be created',
    id: 'putPolicy',
    summary: 'Set policies of a key',
    refusals: [
      'key-not-active',
      'key-not-root',
      'dual-authorization-irrevocable',
      'rotation-not-by-policy',
      'interval-missing',
    ],
    tag: 'Policies',
    query: { policy: choice(KINDS) },
    body: collectionBody(KEY_POLICY),
    answers: { 200: { what: 'The policies that were sent', ...POLICIES_ANSWERED } },
    handle: async (call) => {
      const sent = kindsOf(call.body, call.query.policy);
      const key = await putKeyPolicies(call.context, call.caller, keyOf(call.request), changeOf(call.body));
      return answer(key, (changed) => policiesOf(changed, viewOf(call), sent));
    },
  }),
];

function policiesOf(key: Key, view: View, kinds: readonly Kind[]): Answer {
  const shown = kinds.flatMap((kind) => {
    const policy = key[kind];
    return policy === undefined ? [] : [keyPolicy({ policy, said: SAID[kind](key) }, key.instanceId, view)];
  });
  return ok(collection(POLICY_TYPE, shown));
}

/** What a policy of each kind says beside who wrote it and when. */
const SAID: { readonly [kind in Kind]: (policies: Policies) => object } = {
  dualAuthDelete: ({ dualAuthDelete }) => ({ dualAuthDelete: { enabled: dualAuthDelete?.enabled } }),
  rotation: ({ rotation }) => ({ rotation: rotation && rotationOf(rotation) }),
};

/** Which policies are to be written. @throws RequestProblem when body and query do not ask for just those. */
function kindsOf(items: readonly Item[], policy: Kind | undefined): readonly Kind[] {
  if (policy !== undefined && items.length > 1) throw onePolicyPerQuery();
  const sent = items.flatMap((item) => KINDS.filter((kind) => item[kind] !== undefined));
  if (policy !== undefined && (sent.length !== 1 || sent[0] !== policy)) throw bodyQueryMismatch();
  if (items.some((item) => KINDS.every((kind) => item[kind] === undefined))) {
    throw invalidField('dualAuthDelete', 'there, where `rotation` is not');
  }
  if (new Set(sent).size < sent.length) throw badBody('one policy of each type');
  return KINDS.filter((kind) => sent.includes(kind));
}

function changeOf(items: readonly Item[]): PolicyChange {
  const dualAuthDelete = items.find((item) => item.dualAuthDelete)?.dualAuthDelete?.enabled;
  const rotation = items.find((item) => item.rotation)?.rotation;
  return {
    ...(dualAuthDelete !== undefined && { dualAuthDelete }),
    ...(rotation !== undefined && { rotation }),
  };
}
