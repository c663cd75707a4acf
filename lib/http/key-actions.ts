import * as z from 'zod';
import type { Decision } from '../domain/refusal.ts';
import { setKeyForDeletion } from '../operations/set-key-for-deletion.ts';
import { unsetKeyForDeletion } from '../operations/unset-key-for-deletion.ts';
import { unwrapKey, wrapKey } from '../operations/wrap-key.ts';
import { invalidQuery } from './bad-request.ts';
import { fields, readBody, readJson, readOptionalBody } from './body.ts';
import { type Answer, answer, type Call, type Endpoint, NO_CONTENT, ok, perform } from './endpoint.ts';
import { textHeader } from './headers.ts';
import { base64 } from './key-body.ts';
import { keyOf } from './key-path.ts';

const ACTION_FAILED = 'Action could not be performed on key';

/** NIST SP 800-38D sets no limit that matters here; Key Protect's is 255 characters each. */
const AAD_RULE = 'at most 126 texts of at most 255 characters each';
const aad = z.array(z.string(AAD_RULE).max(255, AAD_RULE), AAD_RULE).max(126, AAD_RULE).optional();

const WRAP = fields({ plaintext: base64('base64 encoded key material').optional(), aad });

const CIPHERTEXT_RULE = 'the original base64 encoded ciphertext from the wrap operation';
const UNWRAP = fields({ ciphertext: z.base64(CIPHERTEXT_RULE).min(1, CIPHERTEXT_RULE), aad });

/** In characters: a reason is a sentence or two, a ticket a number or an address. */
const LONGEST_REASON = 500;
const LONGEST_TICKET = 200;

type Action = Pick<Endpoint, 'operation' | 'failure' | 'handle'>;

/** What can be done to a key, by the name that stands in the path, or in `?action=` as in 2020. */
const ACTIONS = {
  setKeyForDeletion: { operation: 'setKeyForDeletion', failure: ACTION_FAILED, handle: set },
  unsetKeyForDeletion: { operation: 'unsetKeyForDeletion', failure: ACTION_FAILED, handle: unset },
  wrap: { operation: 'wrapKey', failure: 'Wrap with key could not be performed', handle: wrap },
  unwrap: { operation: 'unwrapKey', failure: 'Unwrap with key could not be performed', handle: unwrap },
} as const satisfies { readonly [name: string]: Action };

const NAMES = Object.keys(ACTIONS).join(', ');

export const KEY_ACTIONS: readonly Endpoint[] = [
  ...Object.entries(ACTIONS).map(
    ([name, action]): Endpoint => ({ ...action, method: 'POST', path: `/api/v2/keys/:id/actions/${name}` }),
  ),
  {
    method: 'POST',
    path: '/api/v2/keys/:id',
    // To come as far as being told that there is no such action; the action itself asks for its own.
    operation: 'readKeyMetadata',
    failure: ACTION_FAILED,
    handle: (call) => perform(actionOf(call), call),
  },
];

function actionOf({ request }: Call): Action {
  const name = request.query('action') ?? '';
  const found = Object.entries<Action>(ACTIONS).find(([known]) => known === name);
  if (found === undefined) throw invalidQuery('action', `one of ${NAMES}`);
  return found[1];
}

async function set({ context, caller, request }: Call): Promise<Decision<Answer>> {
  await readJson(request);
  const reason = textHeader(request, 'x-countersign-reason', LONGEST_REASON);
  const ticket = textHeader(request, 'x-countersign-ticket', LONGEST_TICKET);
  const done = await setKeyForDeletion(context, caller, keyOf(request), {
    ...(reason !== undefined && { reason }),
    ...(ticket !== undefined && { ticket }),
  });
  return answer(done, () => NO_CONTENT);
}

async function unset({ context, caller, request }: Call): Promise<Decision<Answer>> {
  await readJson(request);
  const note = textHeader(request, 'x-countersign-note', LONGEST_REASON);
  const done = await unsetKeyForDeletion(context, caller, keyOf(request), {
    ...(note !== undefined && { note }),
  });
  return answer(done, () => NO_CONTENT);
}

async function wrap({ context, caller, request }: Call): Promise<Decision<Answer>> {
  const id = keyOf(request);
  const wrapped = await wrapKey(context, caller, id, await readOptionalBody(request, WRAP));
  return answer(wrapped, ({ ciphertext, versionId, plaintext }) =>
    ok({
      ...(plaintext !== undefined && { plaintext: Buffer.from(plaintext).toString('base64') }),
      ciphertext,
      keyVersion: { id: versionId },
    }),
  );
}

async function unwrap({ context, caller, request }: Call): Promise<Decision<Answer>> {
  const id = keyOf(request);
  const unwrapped = await unwrapKey(context, caller, id, await readBody(request, UNWRAP));
  return answer(unwrapped, ({ plaintext, versionId }) =>
    ok({ plaintext: Buffer.from(plaintext).toString('base64'), keyVersion: { id: versionId } }),
  );
}
