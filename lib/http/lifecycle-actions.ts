import type * as z from 'zod';
import type { Decision } from '../domain/refusal.ts';
import { actOnKey } from '../operations/key-lifecycle.ts';
import { rotateKey } from '../operations/rotate-key.ts';
import { fields } from './body.ts';
import { EMPTY_BODY, optionalBody } from './describe.ts';
import { type Answer, answer, type Call, NO_CONTENT } from './endpoint.ts';
import { ACTION_FAILED, action, type NamedAction } from './key-action.ts';
import { keyOf } from './key-path.ts';
import { IMPORT_REFUSALS, MATERIAL_FIELDS, materialOf } from './material-fields.ts';

const ROTATE = fields(MATERIAL_FIELDS);

/** What a root key goes through between its creation and its deletion. */
export const LIFECYCLE_ACTIONS: readonly NamedAction[] = [
  action('rotate', {
    operation: 'rotateKey',
    failure: ACTION_FAILED,
    id: 'rotateKey',
    summary: 'Give a root key a new version, at most once an hour',
    body: optionalBody(ROTATE),
    refusals: [
      'key-not-root',
      'key-external',
      'key-not-active',
      'payload-required',
      'payload-refused',
      'rotated-recently',
      'too-many-versions',
      'key-access',
      ...IMPORT_REFUSALS,
    ],
    answers: { 204: { what: 'The key has a new version, which wraps from now on' } },
    handle: rotate,
  }),
  action('disable', {
    operation: 'disableKey',
    failure: 'Key could not be disabled',
    id: 'disableKey',
    summary: 'Take a root key out of use until it is enabled again',
    body: EMPTY_BODY,
    refusals: ['key-not-root', 'key-external', 'key-not-active'],
    answers: { 204: { what: 'The key is suspended' } },
    handle: acting('disable'),
  }),
  action('enable', {
    operation: 'enableKey',
    failure: 'Key could not be enabled',
    id: 'enableKey',
    summary: 'Put a disabled key into use again, 30 seconds after the last action on it or later',
    body: EMPTY_BODY,
    refusals: ['key-not-root', 'key-external', 'key-not-active', 'too-early'],
    answers: { 204: { what: 'The key is active, unless it has expired meanwhile' } },
    handle: acting('enable'),
  }),
  action('sync', {
    operation: 'syncKey',
    failure: ACTION_FAILED,
    id: 'syncAssociatedResources',
    summary: 'Note that the resources of a root key look at it anew, at most once an hour',
    body: EMPTY_BODY,
    refusals: ['key-not-root', 'too-early'],
    answers: { 204: { what: 'It is noted' } },
    handle: acting('sync'),
  }),
];

type Rotation = Call & { readonly body: z.output<typeof ROTATE> };

async function rotate({ context, caller, request, body }: Rotation): Promise<Decision<Answer>> {
  const imported = materialOf(body, { extractable: false });
  return answer(await rotateKey(context, caller, keyOf(request), { imported }), () => NO_CONTENT);
}

function acting(name: 'disable' | 'enable' | 'sync') {
  return async ({ context, caller, request }: Call): Promise<Decision<Answer>> =>
    answer(await actOnKey(context, caller, name, keyOf(request)), () => NO_CONTENT);
}
