import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESTROYED } from '../../lib/domain/key.ts';
import { addService } from '../../lib/operations/add-service.ts';
import { approveDeletion } from '../../lib/operations/approve-deletion.ts';
import { changePerson, type PersonChangeRequest } from '../../lib/operations/change-person.ts';
import type { Reference } from '../../lib/operations/records/authorization.ts';
import { loadKey } from '../../lib/operations/records/key.ts';
import { loadPerson } from '../../lib/operations/records/person.ts';
import { deleteKeyStep } from '../../lib/operations/steps/delete-key.ts';
import type { Store } from '../../lib/ports/store.ts';
import {
  type Actor,
  type Choose,
  everyPreemption,
  everySchedule,
  type Granularity,
  interleave,
} from '../support/interleavings.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { askAs } from '../support/requests.ts';
import { brokenRules } from '../support/rules.ts';
import { expectOk } from '../support/story.ts';
import { addByTwo } from '../support/two-managers.ts';

let operations: Operations;

beforeAll(async () => {
  operations = await openOperations();
});

afterAll(() => operations.close());

interface Scene {
  readonly desk: Desk;
  readonly requester: string;
  readonly approver: string;
  /** Who is changed, and how. */
  readonly whom: string;
  readonly change: PersonChangeRequest;
}

const REGRANT = (role: 'Manager' | 'Writer') => ({ revoke: [{ role }], grant: [{ role }] });

async function managerOfTheKey(desk: Desk): Promise<string> {
  const grants = [{ role: 'Manager', key: desk.keyId }] as const;
  const request = { email: 'mia@example.com', roles: [], grants };
  const two = { asks: await desk.as('bob'), approves: await desk.as('carol') };
  const { person } = expectOk(await addByTwo(operations.context, two, request));
  operations.now += 1;
  return person.id;
}

async function serviceOfCarol(desk: Desk): Promise<string> {
  const request = { name: 'nightly', owner: 'carol@example.com', roles: ['Writer'] } as const;
  const { person } = expectOk(await addService(operations.context, await desk.as('bob'), request));
  operations.now += 1;
  return person.id;
}

const between = (desk: Desk) => ({ desk, requester: desk.id('wendy'), approver: desk.id('alice') });

/** Every way for one of the two to count no more. */
const SCENES: { readonly [what: string]: (desk: Desk) => Promise<Scene> } = {
  'the approver is frozen': async (desk) => ({
    ...between(desk),
    whom: desk.id('alice'),
    change: { status: 'frozen' },
  }),
  'the approver’s role is granted anew': async (desk) => ({
    ...between(desk),
    whom: desk.id('alice'),
    change: REGRANT('Manager'),
  }),
  'the approver’s role on the key is granted anew': async (desk) => {
    const approver = await managerOfTheKey(desk);
    const grant = [{ role: 'Manager', key: desk.keyId }] as const;
    return { ...between(desk), approver, whom: approver, change: { revoke: grant, grant } };
  },
  'the requester is frozen': async (desk) => ({
    ...between(desk),
    whom: desk.id('wendy'),
    change: { status: 'frozen' },
  }),
  'the requester’s role is granted anew': async (desk) => ({
    ...between(desk),
    whom: desk.id('wendy'),
    change: REGRANT('Writer'),
  }),
  'the owner of the service that asked is frozen': async (desk) => ({
    ...between(desk),
    requester: await serviceOfCarol(desk),
    whom: desk.id('carol'),
    change: { status: 'frozen' },
  }),
};

async function approve({ desk, approver }: Scene, reference: Reference, store: Store): Promise<boolean> {
  const person = await loadPerson(store, desk.instanceId, approver);
  if (person === undefined) return false;
  const approval = { ...reference, approver: person, round: 1, decidedThrough: 'api' } as const;
  return (await approveDeletion(operations.through(store), approval)).ok;
}

const changing = ({ desk, whom, change }: Scene): Actor<boolean> => ({
  name: 'change',
  run: async (store) =>
    (await changePerson(operations.through(store), await desk.as('bob'), whom, change)).ok,
});

async function begin(scene: keyof typeof SCENES) {
  const made = await SCENES[scene]?.(await operations.newDesk());
  if (made === undefined) throw new Error('there is no such scene');
  const reference = await askAs(operations.context, made.desk, made.requester);
  // Later than the request: a grant of its very millisecond would be a new one as well.
  operations.now += 1;
  return { scene: made, reference };
}

const isDestroyed = async ({ desk }: Scene): Promise<boolean> =>
  (await loadKey(operations.context.store, desk.instanceId, desk.keyId))?.state === DESTROYED;

describe.each(Object.keys(SCENES))('while %s, in every order', (name) => {
  it('no approval is written after it, and none of before counts then', async () => {
    const failures = new Set<string>();
    const once = (granularity: Granularity) => async (choose: Choose) => {
      const { scene, reference } = await begin(name);
      const approving = { name: 'approve', run: (store: Store) => approve(scene, reference, store) };
      const race = await interleave([approving, changing(scene)], operations.context.store, {
        choose,
        granularity,
      });
      if (race.order.indexOf('approve') > race.order.indexOf('change'))
        failures.add(`approved after: ${race.order.join(' ')}`);
      if (!race.order.includes('change')) failures.add('nothing was changed');
      await deleteKeyStep(operations.context, reference).catch(() => undefined);
      if (await isDestroyed(scene)) failures.add(`destroyed after: ${race.order.join(' ')}`);
      for (const broken of await brokenRules(operations.context.store, scene.desk)) failures.add(broken);
    };
    await everySchedule(once('every-commit'));
    const tried = await everyPreemption(once('every-call'));
    expect([...failures]).toEqual([]);
    expect(tried).toBeGreaterThan(10);
  });

  it('the key is destroyed before it, or not at all', async () => {
    const failures = new Set<string>();
    let destroyed = 0;
    const once = (granularity: Granularity) => async (choose: Choose) => {
      const { scene, reference } = await begin(name);
      expect(await approve(scene, reference, operations.context.store)).toBe(true);
      const step = {
        name: 'delete',
        run: async (store: Store) =>
          (await deleteKeyStep(operations.through(store), reference)).status === 'consumed',
      };
      const race = await interleave([step, changing(scene)], operations.context.store, {
        choose,
        granularity,
      });
      const isGone = await isDestroyed(scene);
      if (isGone) destroyed += 1;
      if (isGone && race.order.indexOf('delete') > race.order.indexOf('change'))
        failures.add(`destroyed after: ${race.order.join(' ')}`);
      if (!race.order.includes('change')) failures.add('nothing was changed');
      for (const broken of await brokenRules(operations.context.store, scene.desk)) failures.add(broken);
    };
    const tried = (await everySchedule(once('every-commit'))) + (await everyPreemption(once('every-call')));
    expect([...failures]).toEqual([]);
    expect(destroyed).toBeGreaterThan(0);
    expect(destroyed).toBeLessThan(tried);
  });
});
