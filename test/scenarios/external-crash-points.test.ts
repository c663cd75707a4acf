import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sqliteStore } from '../../lib/adapters/sqlite/store.ts';
import { isOver } from '../../lib/domain/authorization.ts';
import { TransientError } from '../../lib/domain/errors.ts';
import { DESTROYED } from '../../lib/domain/key.ts';
import { groupCommit, openDatabase } from '../../lib/engine/database.ts';
import { approveDeletion } from '../../lib/operations/approve-deletion.ts';
import { referenceOf } from '../../lib/operations/records/authorization.ts';
import { loadKey } from '../../lib/operations/records/key.ts';
import { setKeyForDeletion } from '../../lib/operations/set-key-for-deletion.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import { currentAuthorization, executionName } from '../../lib/operations/transition.ts';
import { type AdoptedStory, openAdopted } from '../support/adopted.ts';
import { type Death, type MortalStore, mortalStore } from '../support/mortal-store.ts';
import { brokenRules } from '../support/rules.ts';

interface Life extends AdoptedStory {
  readonly store: MortalStore;
  /** What was seen to be wrong while it went on. */
  readonly seen: string[];
  close(): Promise<void>;
}

async function beginLife(): Promise<Life> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-crash-there-'));
  const database = openDatabase(join(folder, 'store.db'));
  // The process dies here, not the machine.
  database.pragma('synchronous=OFF');
  const store = mortalStore(sqliteStore(database, groupCommit(database)));
  const adopted = await openAdopted({ store });
  const close = async () => {
    await adopted.story.close();
    store.end();
    database.close();
    rmSync(folder, { recursive: true });
  };
  return { ...adopted, store, seen: [], close };
}

const currentOf = async ({ store, key }: Life) => {
  const now = await loadKey(store, key.instanceId, key.id);
  return now && (await currentAuthorization(store, now));
};

/** What people do next, as things stand. */
async function act(life: Life): Promise<'done' | 'goes on'> {
  const { story, key } = life;
  const current = await currentOf(life);
  if (current === undefined) {
    await setKeyForDeletion(story.context, await story.as('wendy'), key.id, {});
  } else if (current.status === 'pending') {
    const { person: approver } = await story.as('alice');
    const approval = { approver, round: current.round, decidedThrough: 'api' } as const;
    await approveDeletion(story.context, { ...referenceOf(current), ...approval });
  } else if (isOver(current.status)) return 'done';
  return 'goes on';
}

async function minutes({ story }: Life, count: number): Promise<void> {
  for (let minute = 0; minute < count; minute += 1) {
    await story.pass(61);
    await sweep(story.context);
    await story.settle();
  }
}

/** At no moment says the key that it is destroyed while it is there, or the other way round without its intent on record. */
async function look(life: Life): Promise<void> {
  const { store, key, place, seen } = life;
  const now = await loadKey(store, key.instanceId, key.id);
  const current = await currentOf(life);
  if (now?.state === DESTROYED && place.deletions === 0) seen.push('destroyed here, and alive there');
  if (current?.status === 'consumed' && place.deletions !== 1)
    seen.push('consumed without one deletion there');
  const isOnRecord = current?.status === 'destroying' || current?.status === 'consumed';
  if (place.deletions > 0 && !isOnRecord) seen.push(`deleted there while it is ${current?.status}`);
}

async function live(life: Life): Promise<void> {
  const { story, store } = life;
  for (let turn = 0; turn < 20; turn += 1) {
    const acting = act(life).catch(() => 'goes on' as const);
    const result = await Promise.race([acting, store.died.then(() => 'goes on' as const)]);
    await story.settle();
    if (store.dead) {
      await story.restart();
      store.revive();
      await look(life);
      await minutes(life, 3).catch(() => {});
    } else if (result === 'done') break;
    else await Promise.race([minutes(life, 1).catch(() => {}), store.died]);
  }
  if (store.dead) {
    await story.restart();
    store.revive();
  }
  await minutes(life, 8);
  await look(life);
}

async function lived(death: Death, prepare: (life: Life) => void = () => {}) {
  const life = await beginLife();
  try {
    prepare(life);
    life.store.dieAt(death);
    await live(life);
    const { store, story, key, place, seen } = life;
    const { commits } = store;
    const wrongs = [...seen, ...(await brokenRules(store, { instanceId: key.instanceId, keyId: key.id }))];
    const current = await currentOf(life);
    if (current?.status !== 'consumed') wrongs.push(`it is ${current?.status}`);
    if (place.deletions !== 1) wrongs.push(`${place.deletions} deletions there`);
    if (
      current !== undefined &&
      (await story.context.workflow.status(executionName(current))) !== 'SUCCEEDED'
    ) {
      wrongs.push('its execution has not come to its end');
    }
    return { wrongs, commits };
  } finally {
    await life.close();
  }
}

const wrongsOf = async (death: Death): Promise<readonly string[]> =>
  (await lived(death)).wrongs.map((wrong) => `${death.commit}: ${wrong}`);

const NEVER: Death = { commit: 0, when: 'before', afterwards: 'fails' };

/** The way there breaks once, before the provider has heard it, or after it has done it. */
const BREAKS = {
  'before the provider has heard it': ({ place }: Life) => {
    let broken = false;
    place.before = (call) => {
      if (call !== 'destroy' || broken) return;
      broken = true;
      throw new TransientError('it does not answer');
    };
  },
  'after the provider has done it': ({ place }: Life) => {
    let broken = false;
    place.after = () => {
      if (broken) return;
      broken = true;
      throw new TransientError('its answer was lost');
    };
  },
} as const;

describe('the deletion of a key that lives elsewhere', () => {
  it.each(['before', 'after'] as const)(
    'deletes it once there, and says so, when the store is away from just %s any commit until the next start',
    async (when) => {
      const { commits, wrongs } = await lived(NEVER);
      expect(wrongs).toEqual([]);
      expect(commits).toBeGreaterThan(9);
      const deaths = Array.from(
        { length: commits },
        (_, i): Death => ({ commit: i + 1, when, afterwards: 'fails' }),
      );
      expect((await Promise.all(deaths.map(wrongsOf))).flat()).toEqual([]);
    },
    60_000,
  );

  it('deletes it once there, and says so, when the process is killed just before or after any commit', async () => {
    const { commits } = await lived(NEVER);
    const deaths = (['before', 'after'] as const).flatMap((when) =>
      Array.from({ length: commits }, (_, i): Death => ({ commit: i + 1, when, afterwards: 'hangs' })),
    );
    expect((await Promise.all(deaths.map(wrongsOf))).flat()).toEqual([]);
  }, 60_000);

  it.each(Object.entries(BREAKS))('deletes it once there when the way breaks %s', async (_, prepare) => {
    expect((await lived(NEVER, prepare)).wrongs).toEqual([]);
  });
});
