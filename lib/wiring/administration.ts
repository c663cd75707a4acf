import * as z from 'zod';
import { DEFAULT_RESTORE_WINDOW, LONGEST_RESTORE_WINDOW } from '../domain/destruction.ts';
import {
  DEFAULT_AUTHORIZATION_WINDOW,
  DEFAULT_MANAGER_WAIT,
  DEFAULT_REAUTHORIZATION_WINDOW,
  type Instance,
  LONGEST_MANAGER_WAIT,
  LONGEST_WINDOW,
} from '../domain/instance.ts';
import { ROLES, type Role } from '../domain/person.ts';
import { addByOperator } from '../operations/add-by-operator.ts';
import type { Context } from '../operations/context.ts';
import { type Examination, examine } from '../operations/examine.ts';
import { initInstance, listInstances } from '../operations/init-instance.ts';
import { liftAllowedIp } from '../operations/instance.ts';

/** A window in seconds. */
const window = z.int().min(1).max(LONGEST_WINDOW);

/** What whoever owns the store may have done, without being anybody in an instance. */
export const ORDER = z.discriminatedUnion('command', [
  z.strictObject({
    command: z.literal('init'),
    name: z.string().min(1).max(90),
    people: z.array(z.strictObject({ email: z.string(), roles: z.array(z.enum(ROLES)).min(1) })).min(1),
    dualAuthorization: z.boolean().default(true),
    authorizationWindow: window.default(DEFAULT_AUTHORIZATION_WINDOW),
    reauthorizationWindow: window.default(DEFAULT_REAUTHORIZATION_WINDOW),
    restoreWindow: z.int().min(0).max(LONGEST_RESTORE_WINDOW).default(DEFAULT_RESTORE_WINDOW),
    managerWait: z.int().min(0).max(LONGEST_MANAGER_WAIT).default(DEFAULT_MANAGER_WAIT),
  }),
  z.strictObject({ command: z.literal('list') }),
  z.strictObject({ command: z.literal('examine') }),
  z.strictObject({ command: z.literal('lift-allowed-ip'), instanceId: z.string() }),
  z.strictObject({
    command: z.literal('add-person'),
    instanceId: z.string(),
    email: z.string(),
    roles: z.array(z.enum(ROLES)).min(1),
  }),
]);
export type Order = z.input<typeof ORDER>;

export interface ListedInstance {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly dualAuthorization: boolean;
  readonly trial: boolean;
}

/** What came of an order; `refused` holds why nothing did. */
export type Outcome =
  | { readonly refused: string; readonly detail?: string | undefined }
  | { readonly instances: readonly ListedInstance[] }
  | { readonly lifted: string }
  | { readonly examined: Examination }
  | {
      readonly added: string;
      readonly roles: readonly Role[];
      /** Shown this once; absent for somebody who was there already. */
      readonly apiKey?: string | undefined;
    }
  | {
      readonly instanceId: string;
      readonly people: readonly {
        readonly email: string;
        readonly roles: readonly Role[];
        /** Shown this once. */
        readonly apiKey: string;
      }[];
    };

/** Does what is ordered. What cannot be read is refused, with the field that is wrong. */
export async function carryOutOrder(
  context: Pick<Context, 'store' | 'clock'>,
  given: unknown,
): Promise<Outcome> {
  const parsed = ORDER.safeParse(given);
  if (!parsed.success) return { refused: 'bad-request', detail: z.prettifyError(parsed.error) };
  const order = parsed.data;
  switch (order.command) {
    case 'list':
      return { instances: (await listInstances(context)).map(listed) };
    case 'examine':
      return { examined: await examine(context) };
    case 'lift-allowed-ip': {
      const lifted = await liftAllowedIp(context, order.instanceId);
      return lifted.ok
        ? { lifted: lifted.value.id }
        : { refused: lifted.refusal.code, detail: lifted.refusal.detail };
    }
    case 'add-person':
      return addPerson(context, order);
    case 'init':
      return init(context, order);
    default:
      return order satisfies never;
  }
}

async function init(
  context: Pick<Context, 'store' | 'clock'>,
  order: Extract<z.output<typeof ORDER>, { readonly command: 'init' }>,
): Promise<Outcome> {
  const { command: _, ...request } = order;
  const made = await initInstance(context, { ...request, trial: false });
  if (!made.ok) return { refused: made.refusal.code, detail: made.refusal.detail };
  const { instance, people } = made.value;
  return {
    instanceId: instance.id,
    people: people.map(({ person, apiKey }) => ({
      email: person.email,
      roles: ROLES.filter((role) => person.roles[role] !== undefined),
      apiKey,
    })),
  };
}

async function addPerson(
  context: Pick<Context, 'store' | 'clock'>,
  order: Extract<z.output<typeof ORDER>, { readonly command: 'add-person' }>,
): Promise<Outcome> {
  const added = await addByOperator(context, order);
  if (!added.ok) return { refused: added.refusal.code, detail: added.refusal.detail };
  const { person, apiKey } = added.value;
  return { added: person.email, roles: ROLES.filter((role) => person.roles[role] !== undefined), apiKey };
}

const listed = ({ id, name, createdAt, dualAuthDelete, trial }: Instance): ListedInstance => ({
  id,
  name,
  createdAt,
  dualAuthorization: dualAuthDelete?.enabled === true,
  trial,
});
