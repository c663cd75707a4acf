import type { HonoRequest } from 'hono';
import * as z from 'zod';
import type { Decision } from '../domain/refusal.ts';
import { setKeyForDeletion } from '../operations/set-key-for-deletion.ts';
import { unsetKeyForDeletion } from '../operations/unset-key-for-deletion.ts';
import type { Sealed } from '../operations/use-key.ts';
import { rewrapKey, unwrapKey, wrapKey } from '../operations/wrap-key.ts';
import { REWRAPPED, UNWRAPPED, WRAPPED } from './answer-schemas.ts';
import { invalidQuery } from './bad-request.ts';
import { base64 } from './base64.ts';
import { fields } from './body.ts';
import { ANY_BODY, EMPTY_BODY, objectBody, optionalBody } from './describe.ts';
import { RESTORE } from './destruction.ts';
import {
  type Answer,
  answer,
  type Call,
  type Endpoint,
  endpoint,
  NO_CONTENT,
  ok,
  perform,
} from './endpoint.ts';
import { textHeader } from './headers.ts';
import { ACTION_FAILED, action, type NamedAction } from './key-action.ts';
import { keyOf } from './key-path.ts';
import { LIFECYCLE_ACTIONS } from './lifecycle-actions.ts';

/** NIST SP 800-38D sets no limit that matters here; Key Protect's is 255 characters each. */
const AAD_RULE = 'at most 126 texts of at most 255 characters each';
const aad = z.array(z.string(AAD_RULE).max(255, AAD_RULE), AAD_RULE).max(126, AAD_RULE).optional();

const WRAP = fields({ plaintext: base64('base64 encoded key material').optional(), aad });

const CIPHERTEXT_RULE = 'the original base64 encoded ciphertext from the wrap operation';
const UNWRAP = fields({ ciphertext: z.base64(CIPHERTEXT_RULE).min(1, CIPHERTEXT_RULE), aad });

type Sent<S extends z.ZodType> = Call & { readonly body: z.output<S> };

/** What can be done to a key, each at a path of its own. */
const ACTIONS = [
  action('setKeyForDeletion', {
    operation: 'setKeyForDeletion',
    failure: ACTION_FAILED,
    id: 'setKeyForDeletion',
    summary: 'Authorize the deletion of a key, as the first of two people',
    refusals: [
      'dual-authorization-off',
      'key-not-active',
      'approver-missing',
      'window-unusable',
      'requests-frozen',
      'deletion-under-way',
      'stopped-meanwhile',
      'provider-unknown',
      'provider-refused',
    ],
    headers: ['x-countersign-reason', 'x-countersign-ticket'],
    body: EMPTY_BODY,
    answers: { 204: { what: 'Recorded. A different Manager deletes the key while the window is open' } },
    handle: set,
  }),
  action('unsetKeyForDeletion', {
    operation: 'unsetKeyForDeletion',
    failure: ACTION_FAILED,
    id: 'unsetKeyForDeletion',
    summary: 'Take the authorization of a deletion back',
    refusals: ['dual-authorization-off', 'key-not-active', 'deletion-under-way'],
    headers: ['x-countersign-note'],
    body: EMPTY_BODY,
    answers: { 204: { what: 'Nothing is pending any more' } },
    handle: unset,
  }),
  action('wrap', {
    operation: 'wrapKey',
    failure: 'Wrap with key could not be performed',
    id: 'wrapKey',
    summary: 'Encrypt a data key, or make one and encrypt it',
    body: optionalBody(WRAP),
    refusals: ['key-not-root', 'key-external', 'key-not-active'],
    answers: { 200: { what: 'The ciphertext', schema: WRAPPED } },
    handle: wrap,
  }),
  action('unwrap', {
    operation: 'unwrapKey',
    failure: 'Unwrap with key could not be performed',
    id: 'unwrapKey',
    summary: 'Decrypt a data key',
    body: objectBody(UNWRAP),
    refusals: ['key-not-root', 'key-external', 'key-not-active', 'ciphertext-unusable'],
    answers: { 200: { what: 'The data key', schema: UNWRAPPED } },
    handle: unwrap,
  }),
  action('rewrap', {
    operation: 'rewrapKey',
    failure: 'Rewrap with key could not be performed',
    id: 'rewrapKey',
    summary:
      'Encrypt a data key anew with the newest version of its key, without decrypting it to the outside',
    body: objectBody(UNWRAP),
    refusals: ['key-not-root', 'key-external', 'key-not-active', 'ciphertext-unusable'],
    answers: { 200: { what: 'The ciphertext', schema: REWRAPPED } },
    handle: rewrap,
  }),
  ...LIFECYCLE_ACTIONS,
];

/** What can be called by its name. */
const NAMED: readonly NamedAction[] = [...ACTIONS, { ...RESTORE, name: 'restore' }];

const NAMES = NAMED.map(({ name }) => name);
const NAMES_RULE = `one of ${NAMES.join(', ')}`;

export const KEY_ACTIONS: readonly Endpoint[] = [
  ...ACTIONS,
  endpoint({
    method: 'POST',
    path: '/api/v2/keys/:id',
    // To come as far as being told that there is no such action; the action itself asks for its own.
    operation: 'readKeyMetadata',
    failure: ACTION_FAILED,
    id: 'actionOnKey',
    summary: 'Carry out an action by its name, as in 2020; body and answer are the action’s',
    tag: 'Key actions',
    query: { action: z.enum(NAMES, NAMES_RULE) },
    body: ANY_BODY,
    refusals: NAMED.flatMap(({ refusals = [] }) => refusals),
    answers: {
      200: { what: 'As the action answers' },
      201: { what: 'As the action answers' },
      204: { what: 'As the action answers' },
    },
    handle: (call) => perform(actionOf(call.query.action), call),
  }),
];

function actionOf(name: string): Endpoint {
  const found = NAMED.find((known) => known.name === name);
  if (found === undefined) throw invalidQuery('action', NAMES_RULE);
  return found;
}

async function set({ context, caller, request }: Call): Promise<Decision<Answer>> {
  const done = await setKeyForDeletion(context, caller, keyOf(request), reasonOf(request));
  return answer(done, () => NO_CONTENT);
}

/** Why a deletion is asked for, as far as the request says it. @throws RequestProblem */
export function reasonOf(request: HonoRequest): { readonly reason?: string; readonly ticket?: string } {
  const reason = textHeader(request, 'x-countersign-reason');
  const ticket = textHeader(request, 'x-countersign-ticket');
  return { ...(reason !== undefined && { reason }), ...(ticket !== undefined && { ticket }) };
}

async function unset({ context, caller, request }: Call): Promise<Decision<Answer>> {
  const note = textHeader(request, 'x-countersign-note');
  const done = await unsetKeyForDeletion(context, caller, keyOf(request), {
    ...(note !== undefined && { note }),
  });
  return answer(done, () => NO_CONTENT);
}

async function wrap({ context, caller, request, body }: Sent<typeof WRAP>): Promise<Decision<Answer>> {
  const wrapped = await wrapKey(context, caller, keyOf(request), body);
  return answer(wrapped, ({ ciphertext, versionId, plaintext }) =>
    ok({
      ...(plaintext !== undefined && { plaintext: Buffer.from(plaintext).toString('base64') }),
      ciphertext,
      keyVersion: { id: versionId },
    }),
  );
}

async function unwrap({ context, caller, request, body }: Sent<typeof UNWRAP>): Promise<Decision<Answer>> {
  const unwrapped = await unwrapKey(context, caller, keyOf(request), body);
  return answer(unwrapped, ({ plaintext, versionId, rewrapped }) =>
    ok({
      plaintext: Buffer.from(plaintext).toString('base64'),
      keyVersion: { id: versionId },
      ...(rewrapped && rewrappedJson(rewrapped)),
    }),
  );
}

async function rewrap({ context, caller, request, body }: Sent<typeof UNWRAP>): Promise<Decision<Answer>> {
  const done = await rewrapKey(context, caller, keyOf(request), body);
  return answer(done, ({ versionId, rewrapped }) =>
    ok({ keyVersion: { id: versionId }, ...rewrappedJson(rewrapped) }),
  );
}

const rewrappedJson = ({ ciphertext, versionId }: Sealed): object => ({
  ciphertext,
  rewrappedKeyVersion: { id: versionId },
});
