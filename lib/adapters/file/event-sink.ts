import { resolve } from 'node:path';
import { TransientError } from '../../domain/errors.ts';
import type { EventSink } from '../../ports/event-sink.ts';
import { appendLines, hasCutLine } from './append.ts';
import { codeOf } from './secret-file.ts';

/** Said of a file to which nothing was written yet. */
const NOT_OURS =
  'the file was there before and its last line has no end: end that line, or name another file with --events';

/** A batch costs one fsync. */
const BATCH = 500;

/**
 * Appends each event to a file as a line of JSON, durable before it counts as taken. The file is opened by its name for
 * each batch, so that one that was renamed, or moved away by a tool that rotates, is followed by a new one (mode 0600).
 */
export function fileSink(path: string): EventSink {
  const file = resolve(path);
  let isOurs = false;
  return {
    name: `file:${file}`,
    batch: BATCH,
    async deliver(events, isFirst = false) {
      try {
        // A cut line of ours is taken away and comes again; one that was there before is somebody else's.
        if (isFirst && !isOurs && (await hasCutLine(file))) throw new TransientError(NOT_OURS);
        isOurs = true;
        await appendLines(
          file,
          events.map(({ json }) => json),
        );
      } catch (error) {
        if (error instanceof TransientError) throw error;
        throw new TransientError(`the file cannot be written: ${codeOf(error)}`, { cause: error });
      }
      return 'taken';
    },
  };
}
