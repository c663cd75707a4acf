import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deleteKey } from '../../lib/operations/delete-key.ts';
import { keyHistory } from '../../lib/operations/history.ts';
import { decideByLink, openLink, reauthorizeByLink } from '../../lib/operations/links.ts';
import { readAuthorization } from '../../lib/operations/read-authorization.ts';
import { getKey } from '../../lib/operations/read-keys.ts';
import { reauthorizeDeletion } from '../../lib/operations/reauthorize-deletion.ts';
import { recordOf } from '../../lib/operations/records/attributes.ts';
import { referenceOf } from '../../lib/operations/records/authorization.ts';
import type { MaterialRecord, RetainedRecord } from '../../lib/operations/records/material.ts';
import { loadWait } from '../../lib/operations/records/wait.ts';
import { restoreKey } from '../../lib/operations/restore-key.ts';
import { setKeyForDeletion } from '../../lib/operations/set-key-for-deletion.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import { wrapKey } from '../../lib/operations/wrap-key.ts';
import { workflowTasks } from '../../lib/workflow/tasks.ts';
import { formsOf, found, MATERIAL, openWatchedStory, type WatchedStory } from '../support/canaries.ts';
import { expectOk, RESTORE_WINDOW, type Story, WINDOW } from '../support/story.ts';

let watched: WatchedStory;
let story: Story;
const tokens = new Set<string>();

beforeEach(async () => {
  tokens.clear();
  watched = await openWatchedStory();
  story = watched.story;
});

afterEach(() => watched.close());

const linkTokens = () =>
  story.mails.flatMap(({ text, html }) =>
    [...`${text}\n${html}`.matchAll(/\/decide\/([\w-]{43})/g)].map(([, token = '']) => token),
  );

const noteTokens = async (keyId: string) => {
  const view = expectOk(await readAuthorization(story.context, await story.as('rita'), keyId));
  const wait = await loadWait(story.context.store, referenceOf(view.authorization));
  if (wait !== undefined) tokens.add(wait.taskToken);
};

/** A key that lapses, is asked for again and destroyed, with mails that fail at first and links that are opened. */
async function wholeStory(): Promise<string> {
  const key = await story.newKey({ payload: MATERIAL });
  const standard = await story.newKey({ payload: MATERIAL, extractable: true });
  expectOk(await wrapKey(story.context, await story.as('wendy'), key.id, { plaintext: MATERIAL }));
  expect(expectOk(await getKey(story.context, await story.as('wendy'), standard.id)).payload).toBeDefined();
  story.failMails(new Error('the mail server said something about alice@example.com'));
  expectOk(await setKeyForDeletion(story.context, await story.as('wendy'), key.id, { reason: 'moved' }));
  await story.waiting(key.id, 'pending').catch(() => {});
  await noteTokens(key.id);
  story.failMails(undefined);
  for (let minute = 0; minute < 4; minute += 1) {
    await story.pass(61);
    await sweep(story.context);
  }
  await story.pass(WINDOW);
  await story.waiting(key.id, 'lapsed');
  await noteTokens(key.id);
  const token = linkTokens().at(-1) ?? '';
  await openLink(story.context, token);
  await reauthorizeByLink(story.context, token, {
    decision: 'reauthorize',
    round: 1,
    apiKey: story.apiKeys.rita,
  });
  expectOk(await reauthorizeDeletion(story.context, await story.as('wendy'), key.id, {}));
  await story.waiting(key.id, 'pending');
  await noteTokens(key.id);
  const decision = {
    decision: 'approve',
    round: 2,
    manifestDigest: 'wrong',
    confirm: key.id.slice(-6),
  } as const;
  await decideByLink(story.context, linkTokens().at(-1) ?? '', decision);
  expectOk(await deleteKey(story.context, await story.as('alice'), key.id, {}));
  await story.settle();
  await sweep(story.context);
  await story.settle();
  return key.id;
}

describe('after a whole story', () => {
  it('no secret is anywhere but where it belongs', async () => {
    const keyId = await wholeStory();
    const apiKeys = Object.values(story.apiKeys);
    const links = [...new Set(linkTokens())];
    const material = formsOf(MATERIAL);
    for (const token of watched.woken) tokens.add(token);
    expect(apiKeys.every((key) => key.startsWith('cs_'))).toBe(true);
    expect(links.length).toBeGreaterThanOrEqual(4);
    expect(tokens.size).toBeGreaterThanOrEqual(3);

    const history = expectOk(await keyHistory(story.context, await story.as('rita'), keyId, { limit: 1000 }));
    const view = expectOk(await readAuthorization(story.context, await story.as('rita'), keyId));
    const openLinks = await Promise.all(links.map((link) => openLink(story.context, link)));
    expect(history.executions.flatMap(({ events }) => events).length).toBeGreaterThan(20);
    const shown = JSON.stringify([history, view, openLinks]);
    const items = watched.written.map((write) => JSON.stringify(write));
    const notWaits = items.filter((item) => !item.includes('"partition":"wait#')).join('\n');
    const mails = JSON.stringify(story.mails);

    for (const [where, text, secrets] of [
      ['what is shown', shown, [...apiKeys, ...links, ...tokens, ...material]],
      ['logs', watched.said.join('\n'), [...apiKeys, ...links, ...tokens, ...material, '@example.com']],
      ['mails', mails, [...apiKeys, ...tokens, ...material]],
      ['items', items.join('\n'), [...apiKeys, ...links, ...material]],
      ['items beside those that wait', notWaits, [...tokens]],
      ['the files of the store', watched.bytesOf('store'), [...apiKeys, ...links, ...material]],
      ['the files of the engine', watched.bytesOf('engine'), [...apiKeys, ...links, ...material]],
    ] as const) {
      expect(found(secrets, text), where).toEqual([]);
    }
    // What is looked for can be found: a task token where somebody waits, a link in its mail.
    expect(found(tokens, items.join('\n'))).toHaveLength(tokens.size);
    expect(found(links, mails)).toHaveLength(links.length);
    expect(watched.bytesOf('store')).toContain('customer-data');
    expect(watched.bytesOf('engine')).toContain('RecordAuthorization');
  });

  it('of a shredded key’s material nothing is left, sealed as it was, as it waited for that, or before it was restored', async () => {
    const key = await story.newKey({ payload: MATERIAL });
    const partition = `key#${story.instanceId}#${key.id}`;
    const retained = `retained#${story.instanceId}#${key.id}`;
    const destroy = async () => {
      expectOk(await setKeyForDeletion(story.context, await story.as('wendy'), key.id, {}));
      expectOk(await deleteKey(story.context, await story.as('alice'), key.id, {}));
      await story.settle();
      expect(await itemsOf(partition)).toEqual([]);
      return (await itemsOf(retained)).map((item) => recordOf<RetainedRecord>(item).sealed);
    };
    const sealed = (await itemsOf(partition)).flatMap((item) =>
      Object.values(recordOf<MaterialRecord>(item).versions),
    );
    sealed.push(...(await destroy()));
    await story.pass(31);
    expectOk(await restoreKey(story.context, await story.as('bob'), key.id));
    expect(await itemsOf(retained)).toEqual([]);
    sealed.push(...(await destroy()));
    expect(found(sealed, watched.bytesOf('store')).length).toBeGreaterThan(0);
    await story.pass(RESTORE_WINDOW);
    await sweep(story.context);
    expect(sealed).toHaveLength(3);
    const secrets = [...sealed, ...formsOf(MATERIAL)];
    expect(found(secrets, watched.bytesOf('store') + watched.bytesOf('engine'))).toEqual([]);
    expect(found(secrets, watched.said.join('\n') + JSON.stringify(story.mails))).toEqual([]);
  });
});

const itemsOf = async (partition: string) =>
  (await watched.store.query({ table: 'material', partition, limit: 10 })).items;

describe('an error', () => {
  it('about a payload that cannot be read names fields, never what is in them', async () => {
    const tasks = workflowTasks(story.context);
    const payload = {
      instanceId: 'i',
      keyId: 'k',
      taskToken: 'canary-token',
      incarnation: 'canary',
      retryCount: 0,
    };
    const error: unknown = await tasks['await-approval'](payload).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'Countersign.Permanent' });
    expect(String(error)).toContain('incarnation');
    expect(String(error)).not.toContain('canary');
  });

  it('about a link says nothing of it', async () => {
    const refused = await openLink(story.context, 'canary-token');
    expect(refused).toEqual({ ok: false, refusal: { code: 'link-unknown' } });
  });
});
