import { TransientError } from '../../domain/errors.ts';
import type { EventSink } from '../../ports/event-sink.ts';

const BATCH = 100;

/** Writes each event to a stream as a line of JSON. Taken is what the operating system has taken. */
export function streamSink(name: string, out: NodeJS.WritableStream): EventSink {
  // A reader that has gone makes the next write fail, and must not end the process.
  out.on('error', () => {});
  return {
    name,
    batch: BATCH,
    deliver: (events) =>
      new Promise((resolve, reject) => {
        out.write(events.map(({ json }) => `${json}\n`).join(''), (error) => {
          if (error) reject(new TransientError('nobody reads the stream', { cause: error }));
          else resolve('taken');
        });
      }),
  };
}
