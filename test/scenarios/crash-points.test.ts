import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sqliteStore } from '../../lib/adapters/sqlite/store.ts';
import { isOver } from '../../lib/domain/authorization.ts';
import { DESTROYED, type Key } from '../../lib/domain/key.ts';
import { groupCommit, openDatabase } from '../../lib/engine/database.ts';
import { deleteKey } from '../../lib/operations/delete-key.ts';
import { reauthorizeDeletion } from '../../lib/operations/reauthorize-deletion.ts';
import { authorizationOfItem, referenceOf } from '../../lib/operations/records/authorization.ts';
import { keyPartition, loadKey } from '../../lib/operations/records/key.ts';
import { loadMails } from '../../lib/operations/records/mail.ts';
import { setKeyForDeletion } from '../../lib/operations/set-key-for-deletion.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import { currentAuthorization, executionName } from '../../lib/operations/transition.ts';
import { type Death, type MortalStore, mortalStore } from '../support/mortal-store.ts';
import { brokenRules } from '../support/rules.ts';
import { openStory, type Story, WINDOW } from '../support/story.ts';

const OUTCOMES = new Set([
  'key-destroyed',
  'denied',
  'withdrawn',
  'superseded',
  'expired',
  'not-carried-out',
]);

interface Life {
  readonly story: Story;
  readonly store: MortalStore;
  readonly key: Key;
  close(): Promise<void>;
}

async function beginLife(): Promise<Life> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-crash-'));
  const database = openDatabase(join(folder, 'store.db'));
  // The process dies here, not the machine.
  database.pragma('synchronous=OFF');
  const store = mortalStore(sqliteStore(database, groupCommit(database)));
  const story = await openStory({ store });
  const key = await story.newKey();
  const close = async () => {
    await story.close();
    store.end();
    database.close();
    rmSync(folder, { recursive: true });
  };
  return { story, store, key, close };
}

/** What the process does next for somebody, or for nobody, as things stand. */
async function act({ story, store, key }: Life, mayLapse: boolean): Promise<'done' | 'goes on'> {
  const { context } = story;
  const now = await loadKey(store, key.instanceId, key.id);
  const current = now && (await currentAuthorization(store, now));
  if (current === undefined) {
    await setKeyForDeletion(context, await story.as('wendy'), key.id, {});
  } else if (current.status === 'pending' && mayLapse && current.round === 1) {
    await story.pass(WINDOW);
  } else if (current.status === 'pending') {
    await deleteKey(context, await story.as('alice'), key.id, {});
  } else if (current.status === 'lapsed') {
    await reauthorizeDeletion(context, await story.as('wendy'), key.id, { round: current.round });
  } else if (isOver(current.status)) return 'done';
  return 'goes on';
}

/** Time goes by with the sweeper coming every minute. */
async function minutes({ story }: Life, count: number): Promise<void> {
  for (let minute = 0; minute < count; minute += 1) {
    await story.pass(61);
    await sweep(story.context);
    await story.settle();
  }
}

/** Lives through the whole journey, dying once. */
async function live(life: Life, mayLapse: boolean): Promise<void> {
  const { story, store } = life;
  for (let turn = 0; turn < 30; turn += 1) {
    const acting = act(life, mayLapse).catch(() => 'goes on' as const);
    const result = await Promise.race([acting, store.died.then(() => 'goes on' as const)]);
    await story.settle();
    if (store.dead) {
      await story.restart();
      store.revive();
      await minutes(life, 3).catch(() => {});
    } else if (result === 'done') break;
    // The sweeper's own write can be the one that the process dies at.
    else await Promise.race([minutes(life, 1).catch(() => {}), store.died]);
  }
  if (store.dead) {
    await story.restart();
    store.revive();
  }
  await minutes(life, 10);
}

async function wrongs({ story, store, key }: Life): Promise<readonly string[]> {
  const partition = keyPartition(key.instanceId, key.id);
  const { items } = await store.query({ table: 'main', partition, prefix: 'authorization#', limit: 100 });
  const now = await loadKey(store, key.instanceId, key.id);
  const found = [...(await brokenRules(store, { instanceId: key.instanceId, keyId: key.id }))];
  if (now?.state !== DESTROYED) found.push('the key is still there');
  for (const authorization of items.map(authorizationOfItem)) {
    if (!isOver(authorization.status)) found.push(`an authorization is left ${authorization.status}`);
    const ended = await story.context.workflow.status(executionName(authorization));
    if (ended !== 'SUCCEEDED') found.push(`its execution is ${ended}`);
    const mails = await loadMails(store, referenceOf(authorization));
    const lost = mails.filter(({ status, problem }) => status !== 'sent' && problem === undefined);
    if (lost.length > 0) found.push(`mails are left: ${lost.map(({ template }) => template).join()}`);
    const told = mails.filter(({ template }) => OUTCOMES.has(template));
    if (new Set(told.map(({ template }) => template)).size > 1) found.push('two outcomes were told');
    if (told.length < 3) found.push('somebody was not told');
  }
  return found;
}

const JOURNEYS = [
  ['set, approved, destroyed', false],
  ['set, lapsed, re-authorized, approved, destroyed', true],
] as const;

async function lived(mayLapse: boolean, death?: Death) {
  const life = await beginLife();
  try {
    life.store.dieAt(death ?? NEVER);
    await live(life, mayLapse);
    const { commits, dead } = life.store;
    return { wrongs: dead ? ['it is still dead'] : await wrongs(life), commits };
  } finally {
    await life.close();
  }
}

const NEVER: Death = { commit: 0, when: 'before', afterwards: 'fails' };

describe.each(JOURNEYS)('a deletion that is %s', (_, mayLapse) => {
  const wrongsOf = async (death: Death) =>
    (await lived(mayLapse, death)).wrongs.map((wrong) => `${death.commit}: ${wrong}`);
  const deaths = async (how: Omit<Death, 'commit'>): Promise<readonly Death[]> => {
    const { commits, wrongs: without } = await lived(mayLapse);
    expect(without).toEqual([]);
    expect(commits).toBeGreaterThan(9);
    return Array.from({ length: commits }, (__, i) => ({ commit: i + 1, ...how }));
  };

  it.each(['before', 'after'] as const)(
    'comes to its one end when the store is away from just %s any commit until the next start',
    async (when) => {
      const found: string[] = [];
      for (const death of await deaths({ when, afterwards: 'fails' })) found.push(...(await wrongsOf(death)));
      expect(found).toEqual([]);
    },
    60_000,
  );

  it('comes to its one end when the process is killed just before or after any commit', async () => {
    const killed = [
      ...(await deaths({ when: 'before', afterwards: 'hangs' })),
      ...(await deaths({ when: 'after', afterwards: 'hangs' })),
    ];
    // Together, since the engine waits some seconds for what will never end.
    const found = await Promise.all(killed.map(wrongsOf));
    expect(found.flat()).toEqual([]);
  }, 60_000);
});
