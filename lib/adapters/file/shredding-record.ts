import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { PermanentError, TransientError } from '../../domain/errors.ts';
import type { Shredding, ShreddingRecord } from '../../ports/shredding-record.ts';
import { appendLines } from './append.ts';
import { codeOf } from './secret-file.ts';

/** In the data folder. Belongs into every place from which a backup may have to be restored. */
export const SHREDDINGS = 'shreddings.jsonl';

/*
 * Lines of JSON, only ever appended. One says that a shredding is about to happen, and is durable before it can; a
 * later one of the same id says whether it did. Two lines rather than one afterwards: a process that ends in between
 * must not leave a shredding that nobody knows of.
 */
const ID = z.uuid();
const TIME = z.iso.datetime();
const BEGUN = z.object({
  id: ID,
  instance: z.string(),
  key: z.string(),
  deleted: TIME,
  deletedBy: z.string(),
  shredded: TIME,
});
const ENDED = z.object({ id: ID, happened: z.boolean() });
const LINE = z.union([BEGUN, ENDED]);

/** A shredding that was begun; `happened` is absent where nobody has written whether it was committed. */
export interface RecordedShredding extends Shredding {
  readonly id: string;
  readonly happened?: boolean;
}

/**
 * What is on record in a folder, in order; undefined where there is no record: nothing was shredded, or the file is
 * somewhere else.
 * @throws PermanentError when it cannot be read.
 */
export async function readShreddings(folder: string): Promise<readonly RecordedShredding[] | undefined> {
  const path = join(folder, SHREDDINGS);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new PermanentError(`${path} cannot be read: ${codeOf(error)}`, { cause: error });
  }
  const shreddings = new Map<string, RecordedShredding>();
  // What comes after the last line's end was cut off by a crash: what it would have said has not begun.
  for (const [i, line] of text.split('\n').slice(0, -1).entries()) {
    const said = parsed(line);
    if (said === undefined) throw new PermanentError(`${path} is damaged in line ${i + 1}`);
    const before = shreddings.get(said.id);
    if ('key' in said) shreddings.set(said.id, shreddingOf(said));
    else if (before !== undefined) shreddings.set(said.id, { ...before, happened: said.happened });
  }
  return [...shreddings.values()];
}

function parsed(line: string): z.infer<typeof LINE> | undefined {
  try {
    return LINE.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

const shreddingOf = ({ id, instance, key, deleted, deletedBy, shredded }: z.infer<typeof BEGUN>) => ({
  id,
  instanceId: instance,
  keyId: key,
  deletedAt: Date.parse(deleted),
  deletedBy,
  shreddedAt: Date.parse(shredded),
});

/** A record that can also be told of how a shredding of an earlier process ended. */
export interface FileShreddingRecord extends ShreddingRecord {
  end(id: string, happened: boolean): Promise<void>;
}

/** The record of a folder that this process alone has. */
export function shreddingRecord(folder: string): FileShreddingRecord {
  const path = join(folder, SHREDDINGS);
  let last: Promise<unknown> = Promise.resolve();
  // One after the other: appending looks first whether a crash has cut off the last line.
  const append = (line: object): Promise<void> => {
    const appended = last.then(() => appendLines(path, [JSON.stringify(line)]));
    last = appended.catch(() => {});
    return appended;
  };
  const end = (id: string, happened: boolean) =>
    // A full disk: what has become of it is seen from the key at the next start.
    append({ id, happened }).catch(() => {});
  return {
    end,
    async begin({ instanceId, keyId, deletedAt, deletedBy, shreddedAt }) {
      const id = randomUUID();
      const [deleted, shredded] = [deletedAt, shreddedAt].map((at) => new Date(at).toISOString());
      try {
        await append({ id, instance: instanceId, key: keyId, deleted, deletedBy, shredded });
      } catch (error) {
        throw new TransientError(`${path} cannot be written: ${codeOf(error)}`, { cause: error });
      }
      return { end: (happened) => end(id, happened) };
    },
  };
}
