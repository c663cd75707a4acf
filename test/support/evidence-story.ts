import { DAY, SECOND } from '../../lib/domain/time.ts';
import { deleteKey } from '../../lib/operations/delete-key.ts';
import { actOnKey } from '../../lib/operations/key-lifecycle.ts';
import { setKeyForDeletion } from '../../lib/operations/set-key-for-deletion.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import { expectOk, type Story } from './story.ts';

/**
 * What there can be in a file of evidence: a key that two people deleted, one that is in use and whose deletion is asked
 * for, daily checkpoints and one of the destruction, and events after the last of them.
 */
export async function livedThrough(
  story: Story,
): Promise<{ readonly deleted: string; readonly used: string }> {
  const { context } = story;
  const deleted = (await story.newKey()).id;
  const used = (await story.newKey({ name: 'payroll' })).id;
  expectOk(await actOnKey(context, await story.as('alice'), 'disable', used));
  await sweep(context);
  expectOk(await setKeyForDeletion(context, await story.as('wendy'), deleted, { reason: 'replaced' }));
  await story.waiting(deleted, 'pending');
  await story.pass(60);
  expectOk(await deleteKey(context, await story.as('alice'), deleted, {}));
  await story.settle();
  await sweep(context);
  await story.pass((2 * DAY) / SECOND);
  expectOk(await actOnKey(context, await story.as('alice'), 'enable', used));
  await sweep(context);
  expectOk(await setKeyForDeletion(context, await story.as('wendy'), used, {}));
  await story.waiting(used, 'pending');
  return { deleted, used };
}
