import * as z from 'zod';
import { ALIAS_RULE, isAlias } from '../domain/alias.ts';
import { iamIdOf } from '../domain/person.ts';
import { toDate } from '../domain/time.ts';
import { type AliasRequest, createAlias, deleteAlias, type KeyAlias } from '../operations/aliases.ts';
import { invalidField } from './bad-request.ts';
import { collection } from './collection.ts';
import { EMPTY_BODY } from './describe.ts';
import { answer, type Call, type Endpoint, endpoint, NO_CONTENT } from './endpoint.ts';
import { keyOf } from './key-path.ts';

const ALIAS_TYPE = 'application/vnd.ibm.kms.alias+json';

const KEY_ALIAS = z
  .object({ keyId: z.uuid(), alias: z.string(), createdBy: z.string(), creationDate: z.iso.datetime() })
  .meta({ id: 'KeyAlias' });

const ONE = '/api/v2/keys/:id/aliases/:alias';

/** The names of a key beside its id. */
export const ALIASES: readonly Endpoint[] = [
  endpoint({
    method: 'POST',
    path: ONE,
    operation: 'writeAliases',
    failure: 'Key alias could not be created',
    summary: 'Give a key an alias, by which every path can name it',
    id: 'createKeyAlias',
    tag: 'Aliases and key rings',
    body: EMPTY_BODY,
    refusals: ['alias-in-use', 'too-many-aliases', 'key-not-active'],
    answers: { 201: { what: 'The alias', schema: KEY_ALIAS, collection: ALIAS_TYPE } },
    handle: async (call) =>
      answer(await createAlias(call.context, call.caller, requestOf(call)), (made) => ({
        status: 201,
        body: collection(ALIAS_TYPE, [aliasJson(made)]),
      })),
  }),
  endpoint({
    method: 'DELETE',
    path: ONE,
    operation: 'writeAliases',
    failure: 'Key alias could not be deleted',
    summary: 'Take an alias off a key',
    id: 'deleteKeyAlias',
    tag: 'Aliases and key rings',
    refusals: ['alias-not-found', 'key-not-active'],
    answers: { 204: { what: 'The alias is free' } },
    handle: async (call) =>
      answer(await deleteAlias(call.context, call.caller, requestOf(call)), () => NO_CONTENT),
  }),
];

function requestOf({ request }: Pick<Call, 'request'>): AliasRequest {
  const alias = request.param('alias') ?? '';
  if (!isAlias(alias)) throw invalidField('alias', ALIAS_RULE);
  return { idOrAlias: keyOf(request), alias };
}

const aliasJson = ({ keyId, alias, createdBy, createdAt }: KeyAlias): object => ({
  keyId,
  alias,
  createdBy: iamIdOf(createdBy),
  creationDate: toDate(createdAt),
});
