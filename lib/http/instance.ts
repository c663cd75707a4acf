import * as z from 'zod';
import { parseRestoreWindow, RESTORE_WINDOW_RULE } from '../domain/destruction.ts';
import { type Instance, parseWindow, WINDOW_RULE } from '../domain/instance.ts';
import { settingsOf } from '../domain/instance-settings.ts';
import { toDuration } from '../domain/time.ts';
import { changeInstance, getInstance } from '../operations/instance.ts';
import { isoTime } from './authorization.ts';
import { fields } from './body.ts';
import { EXEMPT, outcomeJson, reason, WAITS } from './change-request.ts';
import { objectBody } from './describe.ts';
import { answer, type Endpoint, endpoint, ok } from './endpoint.ts';
import { text } from './text.ts';

/** Seconds of an ISO 8601 duration. */
const duration = (parse: (given: string) => number | undefined, rule: string, example: string) =>
  z
    .string(rule)
    .max(LONGEST_DURATION, rule)
    .refine((given) => parse(given) !== undefined, rule)
    .meta({ format: 'duration', description: rule, examples: [example] })
    .transform((given) => parse(given) ?? 0)
    .optional();

const LONGEST_DURATION = 40;

const WINDOW = duration(parseWindow, WINDOW_RULE, 'P7D');
const SWITCH = z.boolean('true or false').optional();

const CHANGE = fields({
  name: text(1, 90).optional(),
  authorizationWindow: WINDOW,
  reauthorizationWindow: WINDOW,
  restoreWindow: duration(parseRestoreWindow, RESTORE_WINDOW_RULE, 'P30D'),
  serviceApprovals: SWITCH,
  approvalNeedsCredential: SWITCH,
  approvalNeedsManifest: SWITCH,
  reason,
  trial: z.literal(false, 'false: a trial can be ended, and nothing becomes one').optional(),
});

const ANSWERED_DURATION = z.string().meta({ format: 'duration' });

const INSTANCE = z
  .object({
    id: z.uuid(),
    name: z.string(),
    createdAt: z.iso.datetime(),
    authorizationWindow: ANSWERED_DURATION.meta({ description: 'How long the second person has' }),
    reauthorizationWindow: ANSWERED_DURATION.meta({
      description: 'How long a request whose time ran out can be asked again',
    }),
    restoreWindow: ANSWERED_DURATION.meta({ description: 'How long a destroyed key can be restored' }),
    managerWait: ANSWERED_DURATION.meta({
      description:
        'How long somebody is a Manager before they may approve what is asked for; set when it is made',
    }),
    serviceApprovals: z.boolean().meta({ description: 'Whether service identities may approve' }),
    approvalNeedsCredential: z
      .boolean()
      .meta({ description: 'Whether a mailed link approves only with the API key of its person' }),
    approvalNeedsManifest: z
      .boolean()
      .meta({ description: 'Whether an approval names the digest of the manifest that was seen' }),
    trial: z.boolean().meta({ description: 'Whether API keys that stood in a terminal are still used' }),
  })
  .meta({ id: 'Instance' });

const CHANGED_INSTANCE = INSTANCE.extend({ ...WAITS, ...EXEMPT }).meta({ id: 'ChangedInstance' });

/** The instance itself; its policies have a route of Key Protect's. */
export const INSTANCE_ROUTES: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    path: '/countersign/v1/instance',
    operation: 'manageInstance',
    failure: 'Instance could not be retrieved',
    summary: 'Read the settings of the instance',
    tag: 'Policies',
    answers: { 200: { what: 'The instance', schema: INSTANCE } },
    handle: async ({ context, caller }) =>
      answer(await getInstance(context, caller), (instance) => ok(instanceJson(instance))),
  }),
  endpoint({
    method: 'PATCH',
    path: '/countersign/v1/instance',
    operation: 'manageInstance',
    failure: 'Instance could not be changed',
    summary: 'Change settings of the instance; requests that have begun keep their windows',
    tag: 'Policies',
    body: objectBody(CHANGE),
    refusals: [
      'window-unusable',
      'trial-goes-on',
      'second-manager-missing',
      'too-many-changes',
      'requests-frozen',
    ],
    answers: {
      200: { what: 'The instance as it is now', schema: CHANGED_INSTANCE },
      202: {
        what: 'The instance, unchanged: all of it waits for a second Manager',
        schema: CHANGED_INSTANCE,
      },
    },
    handle: async ({ context, caller, body: { reason, ...settings } }) =>
      answer(await changeInstance(context, caller, settings, reason), (outcome) => ({
        status: outcome.waits === undefined ? 200 : 202,
        body: { ...instanceJson(outcome.instance), ...outcomeJson(outcome) },
      })),
  }),
];

function instanceJson(instance: Instance): object {
  const settings = settingsOf(instance);
  return {
    id: instance.id,
    createdAt: isoTime(instance.createdAt),
    ...settings,
    authorizationWindow: toDuration(settings.authorizationWindow),
    reauthorizationWindow: toDuration(settings.reauthorizationWindow),
    restoreWindow: toDuration(settings.restoreWindow),
    managerWait: toDuration(instance.managerWait ?? 0),
  };
}
