import { afterAll, expect, test, vi } from 'vitest';
import { DESTROYED } from '../../lib/domain/key.ts';
import { deleteKey } from '../../lib/operations/delete-key.ts';
import { readAuthorization } from '../../lib/operations/read-authorization.ts';
import { loadKey } from '../../lib/operations/records/key.ts';
import { setKeyForDeletion } from '../../lib/operations/set-key-for-deletion.ts';
import { describeDeletionApi } from '../http/deletion.ts';
import { describeDeletion } from '../scenarios/deletion.ts';
import { describeJourneys } from '../scenarios/journeys.ts';
import { describeRotation } from '../scenarios/rotation.ts';
import { manualClock } from '../support/manual-clock.ts';
import { expectOk, refusalOf, type Story } from '../support/story.ts';
import { deploy } from './deployment.ts';
import { openDeployedApi, openDeployedStory } from './story.ts';

// Eleven programs on a machine that may be busy with others.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000, expect: { poll: { timeout: 20_000 } } });

// The engine's clock and that of the functions' machines: what takes seven days takes none here.
const clock = manualClock(Math.floor(Date.now() / 1000) * 1000);
const deployed = await deploy({ clock });
afterAll(() => deployed?.close());
const open = deployed && (() => openDeployedStory(deployed, clock));

describeRotation('deployed', open);
describeDeletion('deployed', open);
const openApi = deployed && (() => openDeployedApi(deployed, clock));

describeJourneys('deployed', openApi);
describeDeletionApi('deployed', openApi);

test.skipIf(open === undefined)(
  'the sweeper, on its schedule, starts an execution again that somebody has stopped',
  async () => {
    const story = (await open?.()) as Story;
    const { context } = story;
    const key = await story.newKey();
    expectOk(await setKeyForDeletion(context, await story.as('wendy'), key.id, {}));
    await story.waiting(key.id, 'pending');
    const { authorization } = expectOk(await readAuthorization(context, await story.as('rita'), key.id));
    await context.workflow.stop(`${authorization.id}-1`, 'by hand');

    expect(refusalOf(await deleteKey(context, await story.as('alice'), key.id, {}))).toBe('still-working');
    await story.pass(61);
    await story.sweep();
    const state = async () => (await loadKey(context.store, key.instanceId, key.id))?.state;
    await expect.poll(state, { timeout: 10_000 }).toBe(DESTROYED);
    expect(await context.workflow.status(`${authorization.id}-2`)).toBeDefined();
  },
);

test.skipIf(deployed === undefined)('no function has asked for what its role does not allow', () => {
  expect(deployed?.denials).toEqual([]);
});
