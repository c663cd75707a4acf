import { readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deleteKey } from '../../lib/operations/delete-key.ts';
import { keyHistory } from '../../lib/operations/history.ts';
import { decideByLink, openLink, reauthorizeByLink } from '../../lib/operations/links.ts';
import { readAuthorization } from '../../lib/operations/read-authorization.ts';
import { getKey } from '../../lib/operations/read-keys.ts';
import { reauthorizeDeletion } from '../../lib/operations/reauthorize-deletion.ts';
import { recordOf } from '../../lib/operations/records/attributes.ts';
import { referenceOf } from '../../lib/operations/records/authorization.ts';
import type { MaterialRecord } from '../../lib/operations/records/material.ts';
import { loadWait } from '../../lib/operations/records/wait.ts';
import { setKeyForDeletion } from '../../lib/operations/set-key-for-deletion.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import { wrapKey } from '../../lib/operations/wrap-key.ts';
import type { Write } from '../../lib/ports/store.ts';
import { workflowTasks } from '../../lib/workflow/tasks.ts';
import { type OpenStore, openSqliteStore } from '../support/stores.ts';
import { expectOk, openStory, type Story, WINDOW } from '../support/story.ts';

let story: Story;
let opened: OpenStore;
let folders: ReadonlySet<string>;
const written: Write[] = [];
const said: string[] = [];
const tokens = new Set<string>();

/** Material of which any part would be recognized, in the forms in which it could be written. */
const MATERIAL = Buffer.from('canary-material-of-a-key-0123456');
const forms = (secret: Buffer): readonly string[] => [
  secret.toString('utf8'),
  secret.toString('base64').replaceAll('=', ''),
  secret.toString('base64url'),
  secret.toString('hex'),
];

const temporary = () => new Set(readdirSync(tmpdir()).filter((name) => name.startsWith('countersign-')));

beforeEach(async () => {
  written.length = 0;
  said.length = 0;
  tokens.clear();
  const before = temporary();
  opened = await openSqliteStore();
  const { store } = opened;
  story = await openStory({
    store: {
      ...store,
      commit: (writes) => {
        written.push(...writes);
        return store.commit(writes);
      },
    },
    workflow: (workflow) => ({
      ...workflow,
      wake: (token) => {
        tokens.add(token);
        return workflow.wake(token);
      },
    }),
  });
  folders = new Set([...temporary()].filter((name) => !before.has(name)));
  const note = (message: string, fields?: object) => void said.push(JSON.stringify({ message, ...fields }));
  Object.assign(story.context.log, { info: note, error: note });
});

afterEach(async () => {
  await story.close();
  await opened.close();
});

/** Everything in the files of the store and of the engine, write-ahead logs included. */
function bytesOf(kind: 'store' | 'story'): string {
  return [...folders]
    .filter((name) => name.startsWith(`countersign-${kind}-`))
    .flatMap((name) => readdirSync(join(tmpdir(), name)).map((file) => join(tmpdir(), name, file)))
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file, 'latin1'))
    .join('\n');
}

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

/** Where each of the secrets is found. */
const found = (secrets: Iterable<string>, text: string): readonly string[] =>
  [...secrets].filter((secret) => text.includes(secret));

describe('after a whole story', () => {
  it('no secret is anywhere but where it belongs', async () => {
    const keyId = await wholeStory();
    const apiKeys = Object.values(story.apiKeys);
    const links = [...new Set(linkTokens())];
    const material = forms(MATERIAL);
    expect(apiKeys.every((key) => key.startsWith('cs_'))).toBe(true);
    expect(links.length).toBeGreaterThanOrEqual(4);
    expect(tokens.size).toBeGreaterThanOrEqual(3);

    const history = expectOk(await keyHistory(story.context, await story.as('rita'), keyId, { limit: 1000 }));
    const view = expectOk(await readAuthorization(story.context, await story.as('rita'), keyId));
    const openLinks = await Promise.all(links.map((link) => openLink(story.context, link)));
    expect(history.executions.flatMap(({ events }) => events).length).toBeGreaterThan(20);
    const shown = JSON.stringify([history, view, openLinks]);
    const items = written.map((write) => JSON.stringify(write));
    const notWaits = items.filter((item) => !item.includes('"partition":"wait#')).join('\n');
    const mails = JSON.stringify(story.mails);

    for (const [where, text, secrets] of [
      ['what is shown', shown, [...apiKeys, ...links, ...tokens, ...material]],
      ['logs', said.join('\n'), [...apiKeys, ...links, ...tokens, ...material, '@example.com']],
      ['mails', mails, [...apiKeys, ...tokens, ...material]],
      ['items', items.join('\n'), [...apiKeys, ...links, ...material]],
      ['items beside those that wait', notWaits, [...tokens]],
      ['the files of the store', bytesOf('store'), [...apiKeys, ...links, ...material]],
      ['the files of the engine', bytesOf('story'), [...apiKeys, ...links, ...material]],
    ] as const) {
      expect(found(secrets, text), where).toEqual([]);
    }
    // What is looked for can be found: a task token where somebody waits, a link in its mail.
    expect(found(tokens, items.join('\n'))).toHaveLength(tokens.size);
    expect(found(links, mails)).toHaveLength(links.length);
    expect(bytesOf('store')).toContain('customer-data');
    expect(bytesOf('story')).toContain('RecordAuthorization');
  });

  it('the key’s material is not even left sealed', async () => {
    const key = await story.newKey();
    const sealed = written.flatMap((write) =>
      'put' in write && write.put.table === 'material'
        ? Object.values(recordOf<MaterialRecord>(write.put).versions)
        : [],
    );
    expect(found(sealed, bytesOf('store'))).toHaveLength(1);
    expectOk(await setKeyForDeletion(story.context, await story.as('wendy'), key.id, {}));
    expectOk(await deleteKey(story.context, await story.as('alice'), key.id, {}));
    await story.settle();
    expect(
      await opened.store.query({
        table: 'material',
        partition: `key#${story.instanceId}#${key.id}`,
        limit: 10,
      }),
    ).toEqual({ items: [] });
  });
});

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
