import { randomUUID } from 'node:crypto';
import { approveDeletion } from '../../../lib/operations/approve-deletion.ts';
import type { Caller } from '../../../lib/operations/caller.ts';
import type { Reference } from '../../../lib/operations/records/authorization.ts';
import { loadKey } from '../../../lib/operations/records/key.ts';
import { registerResource } from '../../../lib/operations/registrations.ts';
import { recordAuthorization } from '../../../lib/operations/steps/record-authorization.ts';
import { settleStep } from '../../../lib/operations/steps/settle.ts';
import type { Store } from '../../../lib/ports/store.ts';
import { crnOf } from '../../domain/registrations.ts';
import type { Desk, Operations } from '../../support/operations.ts';
import { writeRequest } from '../../support/requests.ts';
import { type RewindableStore, rewindable } from '../../support/rewindable-store.ts';
import { expectOk, WINDOW } from '../../support/story.ts';

/** Where a race begins, again and again. */
export interface Situation {
  readonly operations: Operations;
  readonly desk: Desk;
  /** A service that can register resources. */
  readonly service: Caller;
  readonly reference: Reference;
  readonly round: number;
  readonly store: RewindableStore;
  /** By authorization: how many withdrawals the key had seen when it was asked for. */
  readonly stopsSeen: Map<string, number>;
  /** Puts everything back, the time as well. */
  again(): Promise<void>;
}

/** What has become of the request when the race begins. */
export type Beginning = keyof typeof BEGINNINGS;

type Prepared = Pick<Situation, 'operations' | 'desk' | 'service' | 'reference' | 'round'>;

const BEGINNINGS = {
  pending: async () => {},
  overdue: async ({ operations }) => {
    operations.now += WINDOW * 1000;
  },
  lapsed: async ({ operations, reference }) => {
    operations.now += WINDOW * 1000;
    await settleStep(operations.context, reference);
  },
  approved: async (prepared) => {
    expectOk(await aliceApproves(prepared));
  },
  drifted: async (prepared) => {
    const { operations, service, desk } = prepared;
    const name = { idOrAlias: desk.keyId, resourceCrn: crnOf('early') };
    expectOk(await registerResource(operations.context, service, name, {}));
    await aliceApproves(prepared);
  },
} as const satisfies { readonly [beginning: string]: (prepared: Prepared) => Promise<void> };

const aliceApproves = async ({ operations, desk, reference, round }: Prepared) => {
  const approver = await desk.person('alice');
  return approveDeletion(operations.context, { ...reference, approver, round, decidedThrough: 'api' });
};

/** Wendy's request, and what has become of it. */
export async function begin(operations: Operations, beginning: Beginning): Promise<Situation> {
  const desk = await operations.newDesk();
  const service = await desk.service();
  const store = rewindable(operations.context.store);
  const stopsSeen = new Map<string, number>();
  const { reference } = await record(
    { operations, desk, store, stopsSeen },
    operations.context.store,
    'wendy',
  );
  const prepared = { operations, desk, service, reference, round: 1 };
  await BEGINNINGS[beginning](prepared);
  const { now } = operations;
  const again = async () => {
    operations.now = now;
    await store.rewind();
  };
  return { ...prepared, store, stopsSeen, again };
}

/** Asks for the deletion as the execution's first step does, with what the key was when it was asked for. */
export async function record(
  situation: Pick<Situation, 'operations' | 'desk' | 'store' | 'stopsSeen'>,
  store: Store,
  who: 'alice' | 'wendy',
): Promise<{ readonly reference: Reference; readonly recorded: boolean }> {
  const { operations, desk, stopsSeen } = situation;
  const reference = { instanceId: desk.instanceId, keyId: desk.keyId, authorizationId: randomUUID() };
  const key = await loadKey(store, desk.instanceId, desk.keyId);
  const stopVersion = key?.stopVersion ?? 0;
  stopsSeen.set(reference.authorizationId, stopVersion);
  const asked = { ...reference, requester: desk.id(who), twoPeople: true, stopVersion, incarnation: 1 };
  // Not in the race: nothing that others do depends on it.
  await writeRequest(operations.through(situation.store), asked);
  const { status } = await recordAuthorization(operations.through(store), asked);
  return { reference, recorded: status === 'pending' };
}
