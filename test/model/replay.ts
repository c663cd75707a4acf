import { randomUUID } from 'node:crypto';
import type { Authorization } from '../../lib/domain/authorization.ts';
import { DESTROYED } from '../../lib/domain/key.ts';
import { approveDeletion } from '../../lib/operations/approve-deletion.ts';
import { commitKeyChange } from '../../lib/operations/change.ts';
import { recordDenial } from '../../lib/operations/deny-deletion.ts';
import type { ExecutionInput } from '../../lib/operations/execution-input.ts';
import { beginNextRound } from '../../lib/operations/reauthorize-deletion.ts';
import { loadAuthorization } from '../../lib/operations/records/authorization.ts';
import { instanceItem, loadInstance } from '../../lib/operations/records/instance.ts';
import { loadKey } from '../../lib/operations/records/key.ts';
import { personItem } from '../../lib/operations/records/person.ts';
import { deleteKeyStep } from '../../lib/operations/steps/delete-key.ts';
import { recordAuthorization } from '../../lib/operations/steps/record-authorization.ts';
import { settleStep } from '../../lib/operations/steps/settle.ts';
import { unsetKeyForDeletion } from '../../lib/operations/unset-key-for-deletion.ts';
import type { Desk, Name, Operations } from '../support/operations.ts';
import { writeRequest } from '../support/requests.ts';
import type { Command, Event, Person } from './protocol.ts';

/** One thing that is done, to the model and to the real system. */
export interface Deed {
  readonly what: Command | Event;
  readonly slot: number;
  readonly by: Person;
}

/** What the model and the real system must agree on. */
export interface Seen {
  readonly destroyed: boolean;
  readonly stop: number;
  readonly authorizations: readonly string[];
}

export interface RealKey {
  perform(deed: Deed): Promise<void>;
  see(): Promise<Seen>;
}

const NAMES: { readonly [person in Person]: Name } = { ann: 'alice', ben: 'bob', cat: 'carol' };

const MINUTE = 60_000;
const DAY = 86_400;
/** A tick is longer than a window by more than what is done in it takes, at two minutes a deed. */
const TICK = 25 * 60 * MINUTE;
const DEED = 2 * MINUTE;

/** The real operations on a key of their own, in an instance whose windows are a day. */
export async function realKey(operations: Operations, slots: number): Promise<RealKey> {
  const { context } = operations;
  const { store } = context;
  const desk = await operations.newDesk();
  await shorten(operations, desk);
  const began = operations.now;
  let tick = 0;
  const inputs: ExecutionInput[] = [];
  const reference = (slot: number) => ({
    instanceId: desk.instanceId,
    keyId: desk.keyId,
    authorizationId: inputs[slot]?.authorizationId ?? 'none',
  });
  const roundOf = async (slot: number) => (await loadAuthorization(store, reference(slot)))?.round ?? 1;
  const keyNow = async () => {
    const key = await loadKey(store, desk.instanceId, desk.keyId);
    if (key === undefined) throw new Error('the key is gone');
    return key;
  };
  const person = (by: Person) => desk.person(NAMES[by]);

  const deeds: { readonly [what in Deed['what']]?: (deed: Deed) => Promise<unknown> } = {
    ask: async ({ by }) => {
      const { instanceId, keyId } = desk;
      const { stopVersion } = await keyNow();
      const asked = { instanceId, keyId, authorizationId: randomUUID(), requester: desk.id(NAMES[by]) };
      const input = { ...asked, twoPeople: true, incarnation: 1, stopVersion };
      inputs.push(input);
      await writeRequest(context, input);
    },
    record: async ({ slot }) => {
      const input = inputs[slot];
      if (input !== undefined) await recordAuthorization(context, input);
    },
    approve: async ({ slot, by }) =>
      approveDeletion(context, {
        ...reference(slot),
        approver: await person(by),
        round: await roundOf(slot),
        decidedThrough: 'api',
      }),
    deny: async ({ slot, by }) =>
      recordDenial(context, {
        ...reference(slot),
        by: await person(by),
        round: await roundOf(slot),
        decidedThrough: 'api',
      }),
    withdraw: async () => unsetKeyForDeletion(context, await desk.as('wendy'), desk.keyId, {}),
    settle: ({ slot }) => settleStep(context, reference(slot)),
    reauthorize: async ({ slot, by }) =>
      beginNextRound(context, { ...reference(slot), by: await person(by), round: await roundOf(slot) }),
    destroy: ({ slot }) => deleteKeyStep(context, reference(slot)),
    rotate: async () => {
      const key = await keyNow();
      const next = { lossVersion: key.lossVersion + 1 };
      const event = { action: 'kms.secrets.rotate', actor: 'somebody', outcome: 'success' } as const;
      await commitKeyChange(context, { key, now: operations.now, next, events: [event] });
    },
    revoke: async ({ by }) => setRole(operations, desk, by, undefined),
    // At the tick's end, so that it is not older than anything that is asked for in it.
    grant: async ({ by }) => setRole(operations, desk, by, began + (tick + 1) * TICK - 1),
    tick: async () => {
      tick += 1;
      operations.now = began + tick * TICK;
    },
  };

  return {
    perform: async (deed) => {
      await deeds[deed.what]?.(deed);
      if (deed.what !== 'tick') operations.now += DEED;
    },
    see: async () => {
      const { state, stopVersion } = await keyNow();
      const authorizations = await Promise.all(
        Array.from({ length: slots }, async (_, slot) =>
          seen(inputs[slot], await loadAuthorization(store, reference(slot)), desk),
        ),
      );
      return { destroyed: state === DESTROYED, stop: stopVersion, authorizations };
    },
  };
}

/** The authorization as the model has it: its status, round and requester. */
function seen(
  input: ExecutionInput | undefined,
  authorization: Authorization | undefined,
  desk: Desk,
): string {
  if (input === undefined) return 'unused';
  if (authorization === undefined) return 'asked';
  const [requester] =
    Object.entries(NAMES).find(([, name]) => desk.id(name) === authorization.requester) ?? [];
  return `${authorization.status} ${authorization.round} ${requester}`;
}

async function shorten({ context: { store } }: Operations, { instanceId }: Desk): Promise<void> {
  const instance = await loadInstance(store, instanceId);
  if (instance === undefined) throw new Error('the instance is gone');
  const windows = { authorizationWindow: DAY, reauthorizationWindow: DAY };
  await store.commit([{ put: instanceItem({ ...instance, ...windows }), when: [] }]);
}

async function setRole(
  { context }: Operations,
  desk: Desk,
  by: Person,
  grantedAt: number | undefined,
): Promise<void> {
  const person = await desk.person(NAMES[by]);
  const roles = grantedAt === undefined ? {} : { Manager: grantedAt };
  await context.store.commit([{ put: personItem({ ...person, roles }), when: [] }]);
}
