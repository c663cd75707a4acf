import * as z from 'zod';
import { ALIAS_RULE, isAlias, MOST_ALIASES } from '../domain/alias.ts';
import { LEAST_PENDING_DAYS, MOST_PENDING_DAYS } from '../domain/external-key.ts';
import { abandonDeletion } from '../operations/abandon-deletion.ts';
import { type Adoption, adoptKey } from '../operations/adopt-key.ts';
import { KEY } from './answer-schemas.ts';
import { fields } from './body.ts';
import { EMPTY_BODY, objectBody } from './describe.ts';
import { answer, type Endpoint, endpoint, NO_CONTENT } from './endpoint.ts';
import { keyOf } from './key-path.ts';
import { viewOf } from './keys.ts';
import { fullKey } from './representations.ts';
import { text } from './text.ts';

const DAYS_RULE = `${LEAST_PENDING_DAYS} to ${MOST_PENDING_DAYS} days`;
const ALIASES_RULE = `at most ${MOST_ALIASES} aliases, each of ${ALIAS_RULE}`;

const ADOPTION = fields({
  name: text(2, 90).meta({ examples: ['Payroll backups'] }),
  description: text(2, 240).optional(),
  aliases: z
    .array(z.string(ALIAS_RULE).refine(isAlias, ALIASES_RULE), 'an array')
    .max(MOST_ALIASES, ALIASES_RULE)
    .optional(),
  provider: text(1, 40)
    .default('aws-kms')
    .meta({ description: 'aws-kms, or the name of a remote Key Protect in the configuration of the server' }),
  reference: text(1, 2048).meta({
    description: 'Which key it is there: the ARN of a key of AWS KMS, or the id of a key of Key Protect',
    examples: ['arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'],
  }),
  pendingWindowDays: z
    .int(DAYS_RULE)
    .min(LEAST_PENDING_DAYS, DAYS_RULE)
    .max(MOST_PENDING_DAYS, DAYS_RULE)
    .optional()
    .meta({ description: 'AWS KMS: how long it waits before it deletes the material; 30 days by default' }),
});

const FACTS = z
  .looseObject({ state: z.string(), lastUse: z.looseObject({ known: z.string() }) })
  .meta({ id: 'ExternalFacts', description: 'The key as its provider has it' });

/** Keys that live elsewhere: adopted here, deleted there. */
export const EXTERNAL_KEYS: readonly Endpoint[] = [
  endpoint({
    method: 'POST',
    path: '/countersign/v1/keys/external',
    operation: 'adoptKey',
    failure: 'Key could not be adopted',
    id: 'adoptKey',
    summary: 'Make a key that stands for one that lives elsewhere: two people delete it, there',
    tag: 'Keys',
    headers: ['x-kms-key-ring'],
    body: objectBody(ADOPTION),
    refusals: [
      'provider-unknown',
      'provider-refused',
      'adopted-already',
      'alias-in-use',
      'key-ring-not-found',
      'approver-missing',
    ],
    answers: {
      201: {
        what: 'The key, and what its provider says of it',
        schema: z.object({ key: KEY, facts: FACTS }),
      },
    },
    handle: async (call) => {
      const { provider: providerName, ...given } = call.body;
      const adopted = await adoptKey(call.context, call.caller, { ...given, providerName } as Adoption);
      return answer(adopted, ({ key, facts }) => ({
        status: 201,
        body: { key: fullKey(key, viewOf(call)), facts },
      }));
    },
  }),
  endpoint({
    method: 'POST',
    path: '/countersign/v1/keys/:id/authorization/abandon',
    operation: 'abandonDeletion',
    failure: 'Deletion could not be given up',
    id: 'abandonDeletion',
    summary: 'Give up a deletion that has begun where the key lives and does not go on; destroys nothing',
    tag: 'Authorizations',
    body: EMPTY_BODY,
    refusals: ['deletion-not-stalled', 'other-round'],
    answers: { 204: { what: 'The deletion is given up, and on record with what the provider last said' } },
    handle: async ({ context, caller, request }) =>
      answer(await abandonDeletion(context, caller, keyOf(request)), () => NO_CONTENT),
  }),
];
