import { randomUUID } from 'node:crypto';
import { approveDeletion } from '../../lib/operations/approve-deletion.ts';
import type { Context } from '../../lib/operations/context.ts';
import type { ExecutionInput } from '../../lib/operations/execution-input.ts';
import type { Reference } from '../../lib/operations/records/authorization.ts';
import { loadKey } from '../../lib/operations/records/key.ts';
import { requestItem } from '../../lib/operations/records/request.ts';
import { recordAuthorization } from '../../lib/operations/steps/record-authorization.ts';
import type { Desk, Name } from './operations.ts';
import { expectOk } from './story.ts';

/** What the API writes before it starts the execution. */
export async function writeRequest(
  { store, clock }: Pick<Context, 'store' | 'clock'>,
  input: ExecutionInput,
): Promise<void> {
  const { incarnation: _, ...asked } = input;
  await store.commit([{ put: requestItem({ ...asked, askedAt: clock.now() }), when: [{ item: 'absent' }] }]);
}

/** Records what somebody asks for, as the execution's first step does. */
export const ask = (context: Context, desk: Desk, who: Name = 'wendy'): Promise<Reference> =>
  askAs(context, desk, desk.id(who));

/** The same, for whoever has this id. */
export async function askAs(context: Context, desk: Desk, requester: string): Promise<Reference> {
  const { instanceId, keyId } = desk;
  const reference = { instanceId, keyId, authorizationId: randomUUID() };
  const key = await loadKey(context.store, instanceId, keyId);
  const asked = { ...reference, requester, twoPeople: true };
  const input = { ...asked, incarnation: 1, stopVersion: key?.stopVersion ?? 0 };
  await writeRequest(context, input);
  const { status } = await recordAuthorization(context, input);
  if (status !== 'pending') throw new Error(`asking was answered ${status}`);
  return reference;
}

/** Alice's yes to the first round. */
export async function approveAsAlice(context: Context, desk: Desk, reference: Reference): Promise<void> {
  const approver = await desk.person('alice');
  expectOk(await approveDeletion(context, { ...reference, approver, round: 1, decidedThrough: 'api' }));
}
