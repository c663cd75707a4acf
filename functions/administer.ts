import * as z from 'zod';
import {
  DEFAULT_AUTHORIZATION_WINDOW,
  DEFAULT_REAUTHORIZATION_WINDOW,
  LONGEST_WINDOW,
} from '../lib/domain/instance.ts';
import { ROLES } from '../lib/domain/person.ts';
import { initInstance } from '../lib/operations/init-instance.ts';
import { administrationContext } from '../lib/wiring/aws.ts';

const context = administrationContext(process.env);

/** A window in seconds. */
const window = z.int().min(1).max(LONGEST_WINDOW);

const Init = z.strictObject({
  command: z.literal('init'),
  name: z.string().min(1).max(90),
  people: z.array(z.strictObject({ email: z.string(), roles: z.array(z.enum(ROLES)).min(1) })).min(1),
  dualAuthorization: z.boolean().default(true),
  authorizationWindow: window.default(DEFAULT_AUTHORIZATION_WINDOW),
  reauthorizationWindow: window.default(DEFAULT_REAUTHORIZATION_WINDOW),
});

/**
 * Makes an instance for an operator who invokes this with IAM credentials; the answer holds each person's API key,
 * which nobody can show again. `{ "refused": … }` names why not, or the field that is wrong.
 */
export async function handler(event: unknown) {
  const parsed = Init.safeParse(event);
  if (!parsed.success) return { refused: 'bad-request', detail: z.prettifyError(parsed.error) };
  const { command: _, ...request } = parsed.data;
  const made = await initInstance(context, { ...request, trial: false });
  if (!made.ok) return { refused: made.refusal.code, detail: made.refusal.detail };
  const { instance, people } = made.value;
  return {
    instanceId: instance.id,
    people: people.map(({ person, apiKey }) => ({
      email: person.email,
      roles: Object.keys(person.roles),
      apiKey,
    })),
  };
}
