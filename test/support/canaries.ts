import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store, Write } from '../../lib/ports/store.ts';
import { openSqliteStore } from './stores.ts';
import { openStory, type Story, type StoryOptions } from './story.ts';

/** A story of which everything is kept that leaves the program: what is written, logged, mailed, and in its files. */
export interface WatchedStory {
  readonly story: Story;
  readonly store: Store;
  readonly written: readonly Write[];
  /** A line for each entry of the log. */
  readonly said: readonly string[];
  /** The task tokens that somebody was woken by. */
  readonly woken: ReadonlySet<string>;
  /** Everything in the files of the store or of the engine, write-ahead logs included. */
  bytesOf(part: 'store' | 'engine'): string;
  close(): Promise<void>;
}

/** What is opened by this has its files in a folder of its own: other tests run at the same time. */
async function within<T>(folder: string, open: () => Promise<T>): Promise<T> {
  const { TMPDIR } = process.env;
  process.env.TMPDIR = folder;
  try {
    return await open();
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  }
}

export async function openWatchedStory(): Promise<WatchedStory> {
  const written: Write[] = [];
  const said: string[] = [];
  const woken = new Set<string>();
  const folder = mkdtempSync(join(tmpdir(), 'countersign-canaries-'));
  const opened = await within(folder, openSqliteStore);
  const { store } = opened;
  const options: StoryOptions = {
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
        woken.add(token);
        return workflow.wake(token);
      },
    }),
  };
  const story = await within(folder, () => openStory(options));
  const note = (message: string, fields?: object) => void said.push(JSON.stringify({ message, ...fields }));
  Object.assign(story.context.log, { info: note, error: note });
  return {
    story,
    store,
    written,
    said,
    woken,
    bytesOf: (part) => bytesIn(folder, part === 'store' ? 'countersign-store-' : 'countersign-story-'),
    close: async () => {
      await story.close();
      await opened.close();
      rmSync(folder, { recursive: true });
    },
  };
}

const bytesIn = (folder: string, prefix: string): string =>
  readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .flatMap((name) => readdirSync(join(folder, name)).map((file) => join(folder, name, file)))
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file, 'latin1'))
    .join('\n');

/** Material of which any part would be recognized: 32 bytes. */
export const MATERIAL = Buffer.from('canary-material-of-a-key-0123456');

/** The forms in which bytes could be written. */
export const formsOf = (secret: Buffer): readonly string[] => [
  secret.toString('utf8'),
  secret.toString('base64').replaceAll('=', ''),
  secret.toString('base64url'),
  secret.toString('hex'),
];

/** Which of the secrets are found. */
export const found = (secrets: Iterable<string>, text: string): readonly string[] =>
  [...secrets].filter((secret) => text.includes(secret));
