import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TransientError } from '../../lib/domain/errors.ts';
import { ACTIVE, DESTROYED } from '../../lib/domain/key.ts';
import { abandonDeletion } from '../../lib/operations/abandon-deletion.ts';
import { adoptKey } from '../../lib/operations/adopt-key.ts';
import { approveDeletion } from '../../lib/operations/approve-deletion.ts';
import { deleteKey } from '../../lib/operations/delete-key.ts';
import { actOnKey } from '../../lib/operations/key-lifecycle.ts';
import { removePerson } from '../../lib/operations/people.ts';
import { putInstancePolicies, putKeyPolicies } from '../../lib/operations/policies.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { keyPartition, loadKey } from '../../lib/operations/records/key.ts';
import { restoreKey } from '../../lib/operations/restore-key.ts';
import { rotateKey } from '../../lib/operations/rotate-key.ts';
import { setKeyForDeletion } from '../../lib/operations/set-key-for-deletion.ts';
import { currentAuthorization } from '../../lib/operations/transition.ts';
import { unsetKeyForDeletion } from '../../lib/operations/unset-key-for-deletion.ts';
import { waitingOn } from '../../lib/operations/waiting-on.ts';
import { wrapKey } from '../../lib/operations/wrap-key.ts';
import { type AdoptedStory, openAdopted } from '../support/adopted.ts';
import { ARN } from '../support/key-provider.ts';
import { brokenRules } from '../support/rules.ts';
import { expectOk, refusalOf } from '../support/story.ts';

const DAY = 86_400;

let adopted: AdoptedStory;

beforeEach(async () => {
  adopted = await openAdopted();
});

afterEach(() => adopted.story.close());

const keyNow = async () => {
  const { story, key } = adopted;
  const now = await loadKey(story.context.store, key.instanceId, key.id);
  if (now === undefined) throw new Error('the key is gone');
  return now;
};
const authorizationNow = async () => currentAuthorization(adopted.story.context.store, await keyNow());
const wrongs = () =>
  brokenRules(adopted.story.context.store, { instanceId: adopted.key.instanceId, keyId: adopted.key.id });
const eventsNow = async () => {
  const { story, key } = adopted;
  const { events } = await loadEvents(story.context.store, keyPartition(key.instanceId, key.id), {
    limit: 100,
  });
  return events.map(({ action }) => action);
};

const ask = async () =>
  setKeyForDeletion(adopted.story.context, await adopted.story.as('wendy'), adopted.key.id, {});
const approve = async (force?: boolean) =>
  deleteKey(
    adopted.story.context,
    await adopted.story.as('bob'),
    adopted.key.id,
    force === true ? { force } : {},
  );

/** Approves and waits for nothing. */
async function approveAtOnce(): Promise<void> {
  const { story, key } = adopted;
  const current = await authorizationNow();
  if (current === undefined) throw new Error('nothing waits');
  const { person: approver } = await story.as('bob');
  const reference = { instanceId: key.instanceId, keyId: key.id, authorizationId: current.id };
  expectOk(await approveDeletion(story.context, { ...reference, approver, round: 1, decidedThrough: 'api' }));
  await story.settle();
}

/** Asked for, approved, and begun there; the provider does not answer. */
async function begun(): Promise<void> {
  expectOk(await ask());
  adopted.place.before = (call) => {
    if (call === 'destroy') throw new TransientError('AWS KMS does not answer');
  };
  await approveAtOnce();
}

/** Minutes go by with the sweeper coming in each. */
async function minutes(count: number): Promise<void> {
  for (let minute = 0; minute < count; minute += 1) {
    await adopted.story.pass(61);
    await adopted.story.sweep();
    await adopted.story.settle();
  }
}

describe('a key that lives elsewhere', () => {
  it('shows what would be lost there, and is destroyed there when two people say so', async () => {
    const { place, key, story } = adopted;
    expectOk(await ask());
    const asked = await authorizationNow();
    expect(asked?.manifest.external).toMatchObject({ reference: ARN, lastUse: { known: 'never' } });
    const destroyed = expectOk(await approve());
    expect(destroyed.state).toBe(DESTROYED);
    expect(place.deletions).toBe(1);
    expect(place.calls).toContain(`destroy ${asked?.id}`);
    expect((await keyNow()).restoreUntil).toBe(story.clock.now() + 7 * DAY * 1000);
    expect(await eventsNow()).toEqual([
      'countersign.key.adopt',
      'kms.secrets.setkeyfordeletion',
      'countersign.authorization.approve',
      'countersign.authorization.destroy',
      'kms.secrets.delete',
    ]);
    await story.settle();
    expect(await wrongs()).toEqual([]);
    expect(key.external?.reference).toBe(ARN);
  });

  it('is used, rotated and disabled where it lives, and nowhere else', async () => {
    const { story, key } = adopted;
    const alice = await story.as('alice');
    expect(refusalOf(await wrapKey(story.context, alice, key.id, { aad: [] }))).toBe('key-external');
    expect(refusalOf(await rotateKey(story.context, alice, key.id, { imported: undefined }))).toBe(
      'key-external',
    );
    expect(refusalOf(await actOnKey(story.context, alice, 'disable', key.id))).toBe('key-external');
  });

  it('is adopted once in an installation, by a Manager', async () => {
    const { story } = adopted;
    const again = { name: 'another', providerName: 'aws-kms', reference: ARN };
    expect(refusalOf(await adoptKey(story.context, await story.as('alice'), again))).toBe('adopted-already');
    expect(refusalOf(await adoptKey(story.context, await story.as('wendy'), again))).toBe('access-denied');
    const elsewhere = { ...again, providerName: 'unheard-of' };
    expect(refusalOf(await adoptKey(story.context, await story.as('alice'), elsewhere))).toBe(
      'provider-unknown',
    );
    const alias = { ...again, reference: 'alias/payroll' };
    expect(refusalOf(await adoptKey(story.context, await story.as('alice'), alias))).toBe('provider-refused');
  });

  describe('that one Manager adopts after switching the policy of the instance off', () => {
    const other = { name: 'ledger', providerName: 'aws-kms', reference: `${ARN.slice(0, -1)}c` };
    const adopt = async () => adoptKey(adopted.story.context, await adopted.story.as('alice'), other);
    const switchOff = async () => {
      const { context } = adopted.story;
      expectOk(
        await putInstancePolicies(context, await adopted.story.as('alice'), { dualAuthDelete: false }),
      );
    };

    it('needs two people also where the instance’s policy is off, and for good', async () => {
      const { story, place } = adopted;
      await switchOff();
      const { key } = expectOk(await adopt());
      const alice = await story.as('alice');
      expect(key.dualAuthDelete?.enabled).toBe(true);
      expect(refusalOf(await deleteKey(story.context, alice, key.id, {}))).toBe('nothing-pending');
      const off = await putKeyPolicies(story.context, alice, key.id, { dualAuthDelete: false });
      expect(refusalOf(off)).toBe('dual-authorization-irrevocable');
      expectOk(await setKeyForDeletion(story.context, alice, key.id, {}));
      expect(refusalOf(await deleteKey(story.context, alice, key.id, {}))).toBe('own-request');
      expect(place.deletions).toBe(0);
    });

    it('is not adopted where nobody else could approve its deletion', async () => {
      const { story } = adopted;
      await switchOff();
      expectOk(await removePerson(story.context, await story.as('alice'), 'bob@example.com'));
      expect(refusalOf(await adopt())).toBe('approver-missing');
    });
  });
});

describe('between asking and destroying', () => {
  const CHANGES = [
    [
      'a grant to somebody else',
      {
        users: {
          total: 2,
          listed: ['arn:aws:iam::111122223333:role/Payroll', 'arn:aws:iam::111122223333:role/Reports'],
        },
      },
    ],
    ['an alias', { aliases: ['alias/payroll', 'alias/reports'] }],
    ['a replica', { replicas: ['arn:aws:kms:eu-west-1:111122223333:key/mrk-1'] }],
    ['the first use', { lastUse: { known: 'used', at: '2026-01-02T00:00:00.000Z' } }],
  ] as const;
  it.each(CHANGES)(
    '%s makes it drift: nothing is destroyed, and the next round shows it',
    async (_, change) => {
      const { place } = adopted;
      expectOk(await ask());
      place.facts = { ...place.facts, ...change };
      expect(refusalOf(await approve())).toBe('loss-changed');
      expect(place.deletions).toBe(0);
      const drifted = await authorizationNow();
      expect(drifted?.status).toBe('drifted');
      expect(drifted?.status === 'drifted' && drifted.changes?.length).toBeGreaterThan(0);
    },
  );

  it('its being disabled there, to see who misses it, does not', async () => {
    const { place } = adopted;
    expectOk(await ask());
    place.facts = { ...place.facts, state: 'Disabled', lastUse: { known: 'never' } };
    expect(expectOk(await approve()).state).toBe(DESTROYED);
  });

  it('somebody else’s deletion there ends it as refused', async () => {
    const { place } = adopted;
    expectOk(await ask());
    place.facts = { ...place.facts, state: 'PendingDeletion' };
    expect(refusalOf(await approve())).toBe('provider-refused');
    expect((await authorizationNow())?.status).toBe('refused');
    expect(place.deletions).toBe(0);
    expect(await wrongs()).toEqual([]);
  });
});

describe('once its deletion has begun there', () => {
  it('unset and set are refused, and it ends as destroyed when the provider answers again', async () => {
    const { place, story, key } = adopted;
    await begun();
    expect((await authorizationNow())?.status).toBe('destroying');
    const wendy = await story.as('wendy');
    expect(refusalOf(await unsetKeyForDeletion(story.context, wendy, key.id, {}))).toBe('deletion-under-way');
    expect(refusalOf(await ask())).toBe('deletion-under-way');
    place.before = () => {};
    await minutes(4);
    expect((await keyNow()).state).toBe(DESTROYED);
    expect(place.deletions).toBe(1);
    expect(await wrongs()).toEqual([]);
  });

  it('is no older than its approval may be, however long the provider takes', async () => {
    const { place } = adopted;
    await begun();
    await minutes(3);
    await adopted.story.pass(3 * DAY);
    place.before = () => {};
    await minutes(5);
    expect((await authorizationNow())?.status).toBe('consumed');
    expect(await wrongs()).toEqual([]);
  });

  it('everybody is told once that it does not go on, and it is tried further', async () => {
    const { story, place } = adopted;
    await begun();
    await minutes(15);
    const stalled = await authorizationNow();
    expect(stalled).toMatchObject({ status: 'destroying', problem: 'AWS KMS does not answer' });
    const told = story.mails.filter(({ subject }) => subject.includes('does not go on'));
    expect(told.map(({ to }) => to).sort()).toEqual([
      'alice@example.com',
      'bob@example.com',
      'wendy@example.com',
    ]);
    expect(told[0]?.text).toContain('AWS KMS does not answer');
    expect(place.deletions).toBe(0);
  });

  it('it stays among what waits, longer than any round can, until it is settled', async () => {
    const { story, place } = adopted;
    const seen = async () => {
      const { things } = expectOk(await waitingOn(story.context, await story.as('alice')));
      return things.map((thing) => thing.kind === 'deletion' && thing.authorization.status);
    };
    await begun();
    await minutes(15);
    await story.pass(60 * DAY);
    expect(await seen()).toEqual(['destroying']);
    place.before = () => {};
    await story.sweep();
    await minutes(3);
    expect((await authorizationNow())?.status).toBe('consumed');
    expect(await seen()).toEqual([]);
    const partition = `destroying#${story.instanceId}`;
    const left = await story.context.store.query({ table: 'main', index: 'list', partition, limit: 1 });
    expect(left.items).toEqual([]);
  });

  it('it is among what waits for that long also where it began before such deletions were listed', async () => {
    const { story, key } = adopted;
    await begun();
    await minutes(15);
    const mark = {
      table: 'main',
      partition: keyPartition(key.instanceId, key.id),
      sort: 'destroying',
    } as const;
    await story.context.store.commit([{ delete: mark, when: [] }]);
    await minutes(15);
    await story.pass(60 * DAY);
    const { things } = expectOk(await waitingOn(story.context, await story.as('alice')));
    expect(things).toMatchObject([{ kind: 'deletion', authorization: { status: 'destroying' } }]);
  });

  it('a refusal for good of a key that is there still ends it as refused, and tells why', async () => {
    const { place, story } = adopted;
    expectOk(await ask());
    place.refusal = { refused: 'access-denied', detail: 'Countersign may not call kms:ScheduleKeyDeletion' };
    expect(refusalOf(await approve())).toBe('provider-refused');
    const refused = await authorizationNow();
    expect(refused).toMatchObject({ status: 'refused' });
    expect(refused?.status === 'refused' && refused.why).toContain('ScheduleKeyDeletion');
    expect((await keyNow()).state).toBe(ACTIVE);
    await story.settle();
    expect(story.mails.some(({ subject }) => subject.includes('was not carried out'))).toBe(true);
    expectOk(await ask());
    expect(await wrongs()).toEqual([]);
  });

  it('a refusal whose truth nobody can see leaves it open, and a Manager can give it up', async () => {
    const { place, story, key } = adopted;
    expectOk(await ask());
    place.refusal = { refused: 'access-denied', detail: 'not allowed' };
    place.isBlind = true;
    await approveAtOnce();
    expect((await authorizationNow())?.status).toBe('destroying');
    const alice = await story.as('alice');
    expect(refusalOf(await abandonDeletion(story.context, alice, key.id))).toBe('deletion-not-stalled');
    await minutes(20);
    await story.pass(600);
    expect(refusalOf(await abandonDeletion(story.context, await story.as('wendy'), key.id))).toBe(
      'access-denied',
    );
    expectOk(await abandonDeletion(story.context, alice, key.id));
    const given = await authorizationNow();
    expect(given?.status === 'refused' && given.why).toContain('what became of the key is not known');
    expect((await keyNow()).destroyingSince).toBeUndefined();
    await minutes(3);
    expect(await wrongs()).toEqual([]);
  });

  it('a deletion that is done there cannot be given up', async () => {
    const { place, story, key } = adopted;
    await begun();
    await minutes(15);
    place.status = { status: 'pending deletion' };
    await story.pass(600);
    expect(refusalOf(await abandonDeletion(story.context, await story.as('alice'), key.id))).toBe(
      'deletion-not-stalled',
    );
  });
});

describe('until the provider has deleted it', () => {
  it('a Manager restores it, which takes its deletion back there, and the next one needs two people again', async () => {
    const { place, story, key } = adopted;
    expectOk(await ask());
    expectOk(await approve());
    await story.pass(3 * DAY);
    expect(refusalOf(await restoreKey(story.context, await story.as('wendy'), key.id))).toBe('access-denied');
    expect(expectOk(await restoreKey(story.context, await story.as('alice'), key.id)).state).toBe(ACTIVE);
    expect(place.status).toEqual({ status: 'alive', state: 'Disabled' });
    expect(refusalOf(await approve())).toBe('nothing-pending');
    expectOk(await ask());
    expect(await wrongs()).toEqual([]);
  });

  it('when its time is over and it is gone, it can be restored no more', async () => {
    const { place, story, key } = adopted;
    expectOk(await ask());
    expectOk(await approve());
    await story.pass(7 * DAY + 60);
    expect(refusalOf(await restoreKey(story.context, await story.as('alice'), key.id))).toBe(
      'restore-expired',
    );
    // AWS KMS takes up to a day longer.
    await minutes(2);
    expect((await keyNow()).shreddedAt).toBeUndefined();
    place.status = { status: 'gone' };
    await story.pass(3_700);
    await minutes(2);
    expect((await keyNow()).shreddedAt).toBeDefined();
    expect(await eventsNow()).toContain('countersign.key.gone');
    expect(await wrongs()).toEqual([]);
  });

  it('one whose deletion was taken back there by others is found alive, and counts as there again', async () => {
    const { place, story } = adopted;
    expectOk(await ask());
    expectOk(await approve());
    place.status = { status: 'alive', state: 'Enabled' };
    await story.pass(7 * DAY + 60);
    await minutes(2);
    expect((await keyNow()).state).toBe(ACTIVE);
    expect(await eventsNow()).toContain('countersign.key.survive');
    expectOk(await ask());
  });
});
