import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TransientError } from '../../../lib/domain/errors.ts';
import { adoptKey } from '../../../lib/operations/adopt-key.ts';
import { approveDeletion } from '../../../lib/operations/approve-deletion.ts';
import type { Context } from '../../../lib/operations/context.ts';
import {
  authorizationKey,
  loadAuthorization,
  type Reference,
} from '../../../lib/operations/records/authorization.ts';
import { registerResource } from '../../../lib/operations/registrations.ts';
import { deleteKeyStep } from '../../../lib/operations/steps/delete-key.ts';
import { recordAuthorization } from '../../../lib/operations/steps/record-authorization.ts';
import { openPlace, type Place } from '../../support/key-provider.ts';
import { type Desk, type Operations, openOperations } from '../../support/operations.ts';
import { writeRequest } from '../../support/requests.ts';
import { brokenRules } from '../../support/rules.ts';
import { expectOk, refusalOf } from '../../support/story.ts';

let operations: Operations;

beforeAll(async () => {
  operations = await openOperations();
});

afterAll(() => operations.close());

interface Begun {
  readonly context: Context;
  readonly place: Place;
  readonly desk: Desk;
  readonly reference: Reference;
  readonly step: () => ReturnType<typeof deleteKeyStep>;
  readonly now: () => ReturnType<typeof loadAuthorization>;
  readonly wrongs: () => Promise<readonly string[]>;
}

/** The deletion of a key that lives elsewhere, approved and not yet carried out. */
async function begin(): Promise<Begun> {
  const place = openPlace(() => operations.now);
  const context: Context = { ...operations.context, providers: { 'aws-kms': place.provider } };
  const desk = await operations.newDesk();
  const reference = `arn:aws:kms:eu-central-1:111122223333:key/${randomUUID()}`;
  place.facts = { ...place.facts, reference };
  const adoption = { name: 'payroll', providerName: 'aws-kms', reference, pendingWindowDays: 7 };
  const { key } = expectOk(await adoptKey(context, await desk.as('alice'), adoption));
  const { instanceId } = desk;
  const ids = { instanceId, keyId: key.id, authorizationId: randomUUID() };
  const input = { ...ids, incarnation: 1, requester: desk.id('wendy'), twoPeople: true, stopVersion: 0 };
  await writeRequest(context, input);
  await recordAuthorization(context, input);
  const approver = await desk.person('bob');
  expectOk(await approveDeletion(context, { ...ids, approver, round: 1, decidedThrough: 'api' }));
  return {
    context,
    place,
    desk,
    reference: ids,
    step: () => deleteKeyStep(context, ids),
    now: () => loadAuthorization(context.store, ids),
    wrongs: () => brokenRules(context.store, { instanceId, keyId: key.id }),
  };
}

const transient = (error: unknown) => {
  if (error instanceof TransientError) return 'again' as const;
  throw error;
};

describe('the step that destroys a key elsewhere', () => {
  it('run twice at once, deletes it once there and ends as if it had run once', async () => {
    const { step, place, now, wrongs } = await begin();
    await Promise.all([step().catch(transient), step().catch(transient)]);
    expect(await step()).toMatchObject({ status: 'consumed' });
    expect((await now())?.status).toBe('consumed');
    expect(place.deletions).toBe(1);
    expect(await wrongs()).toEqual([]);
  });

  it('does not end as refused while an earlier call may still be under way', async () => {
    const { step, place, now } = await begin();
    place.before = (call) => {
      if (call === 'destroy') throw new TransientError('no answer in time');
    };
    expect(await step().catch(transient)).toBe('again');
    place.before = () => {};
    place.refusal = { refused: 'access-denied', detail: 'not allowed' };
    operations.now += 60_000;
    expect(await step().catch(transient)).toBe('again');
    expect((await now())?.status).toBe('destroying');
    // What was on its way arrives: it is done, and not refused.
    place.refusal = undefined;
    operations.now += 60_000;
    expect(await step()).toMatchObject({ status: 'consumed' });
    expect(place.deletions).toBe(1);
  });

  it('ends as refused when no earlier call can be under way any more', async () => {
    const { step, place, now, wrongs } = await begin();
    place.before = (call) => {
      if (call === 'destroy') throw new TransientError('no answer in time');
    };
    expect(await step().catch(transient)).toBe('again');
    place.before = () => {};
    place.refusal = { refused: 'access-denied', detail: 'not allowed' };
    operations.now += 121_000;
    expect(await step()).toMatchObject({ status: 'refused' });
    expect(place.deletions).toBe(0);
    expect((await now())?.status).toBe('refused');
    expect(await wrongs()).toEqual([]);
  });

  it('whose refusal comes while another attempt has begun leaves the end to that one', async () => {
    const { step, place, context, reference, now } = await begin();
    place.refusal = { refused: 'access-denied', detail: 'not allowed' };
    place.before = async (call) => {
      // Another step begins between the refusal and its being written.
      if (call !== 'status') return;
      await context.store.commit([{ update: authorizationKey(reference), when: [], add: { attempts: 1 } }]);
      place.before = () => {};
    };
    expect(await step().catch(transient)).toBe('again');
    expect((await now())?.status).toBe('destroying');
  });

  it('keeps what would be lost as it was, once it has begun', async () => {
    const { step, place, desk, context, reference } = await begin();
    place.before = (call) => {
      if (call === 'destroy') throw new TransientError('no answer in time');
    };
    expect(await step().catch(transient)).toBe('again');
    const name = { idOrAlias: reference.keyId, resourceCrn: 'crn:v1:bluemix:public:databases:eu:a/1:db:x' };
    const service = await desk.service();
    expect(refusalOf(await registerResource(context, service, name, {}))).toBe('deletion-under-way');
  });
});
