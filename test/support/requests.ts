import { randomUUID } from 'node:crypto';
import { approveDeletion } from '../../lib/operations/approve-deletion.ts';
import type { Context } from '../../lib/operations/context.ts';
import type { Reference } from '../../lib/operations/records/authorization.ts';
import { loadKey } from '../../lib/operations/records/key.ts';
import { recordAuthorization } from '../../lib/operations/steps/record-authorization.ts';
import type { Desk, Name } from './operations.ts';
import { expectOk } from './story.ts';

/** Records what somebody asks for, as the execution's first step does. */
export async function ask(context: Context, desk: Desk, who: Name = 'wendy'): Promise<Reference> {
  const { instanceId, keyId } = desk;
  const reference = { instanceId, keyId, authorizationId: randomUUID() };
  const key = await loadKey(context.store, instanceId, keyId);
  const { status } = await recordAuthorization(context, {
    ...reference,
    requester: desk.id(who),
    twoPeople: true,
    incarnation: 1,
    stopVersion: key?.stopVersion ?? 0,
  });
  if (status !== 'pending') throw new Error(`asking was answered ${status}`);
  return reference;
}

/** Alice's yes to the first round. */
export async function approveAsAlice(context: Context, desk: Desk, reference: Reference): Promise<void> {
  const approver = await desk.person('alice');
  expectOk(await approveDeletion(context, { ...reference, approver, round: 1, decidedThrough: 'api' }));
}
