import { fileSink } from '../adapters/file/event-sink.ts';
import { readSecretFile } from '../adapters/file/secret-file.ts';
import { type SinkPositions, sqliteEventFeed, sqliteSinkPositions } from '../adapters/sqlite/event-feed.ts';
import { streamSink } from '../adapters/system/event-sink.ts';
import { webhookSink } from '../adapters/webhook/event-sink.ts';
import { parseSecrets } from '../adapters/webhook/signature.ts';
import { PermanentError } from '../domain/errors.ts';
import type { EngineClock } from '../engine/clock.ts';
import { outgoingEvent } from '../operations/fed-events.ts';
import type { EventFeed } from '../ports/event-feed.ts';
import type { EventSink } from '../ports/event-sink.ts';
import type { Log } from '../ports/log.ts';
import type { DataFolder } from './data-folder.ts';
import { type Pump, type SinkStatus, startPump } from './event-pump.ts';

/** Where events go: `file:PATH`, `stdout`, `https://…`. */
export interface EventsOptions {
  readonly to: readonly string[];
  /** Holds the secret of every webhook, as Standard Webhooks writes it; two lines while it is changed. */
  readonly webhookSecretFile?: string;
  readonly stdout?: NodeJS.WritableStream;
}

/** A sink and how far behind the feed it is. */
export interface SinkReport extends SinkStatus {
  /** Events that it has not taken. */
  readonly lag: number;
  /** When the oldest of them happened, in milliseconds; undefined when there is none. */
  readonly oldestAt?: number;
}

export interface Events {
  readonly feed: EventFeed;
  /** There may be something new. */
  poke(): void;
  reports(): Promise<readonly SinkReport[]>;
  /** @returns false when there is no such sink. */
  resume(name: string): Promise<boolean>;
  stop(): Promise<void>;
}

/**
 * Opens the sinks, without delivering anything yet.
 * @throws PermanentError for one that cannot be read, twice the same, or a webhook without a usable secret.
 */
export async function openSinks(
  { to, webhookSecretFile, stdout = process.stdout }: EventsOptions,
  clock: Pick<EngineClock, 'now'>,
): Promise<readonly EventSink[]> {
  const secrets = webhookSecretFile === undefined ? undefined : await readSecrets(webhookSecretFile);
  const sinks = to.map((text): EventSink => {
    if (text === 'stdout') return streamSink('stdout', stdout);
    if (text.startsWith('file:') && text.length > 'file:'.length) return fileSink(text.slice('file:'.length));
    if (!/^https?:\/\//.test(text)) {
      throw new PermanentError('--events takes file:PATH, stdout, or the https URL of a webhook');
    }
    if (secrets === undefined) {
      throw new PermanentError('a webhook needs a secret to sign with: --webhook-secret-file');
    }
    return webhookSink({ url: text, secrets, clock: { now: () => clock.now() } });
  });
  const twice = sinks.find(({ name }, i) => sinks.findIndex((one) => one.name === name) !== i);
  if (twice !== undefined) throw new PermanentError(`--events names ${twice.name} twice`);
  return sinks;
}

async function readSecrets(path: string): Promise<readonly Uint8Array[]> {
  const text = await readSecretFile(path);
  if (text === undefined) throw new PermanentError(`there is no ${path}`);
  return parseSecrets(text);
}

/** Begins to deliver to each sink, from where it was left. */
export function startEvents(
  folder: Pick<DataFolder, 'database' | 'commit'>,
  options: {
    readonly sinks: readonly EventSink[];
    readonly crnScope: string;
    readonly clock: EngineClock;
    readonly log: Log;
  },
): Events {
  const { sinks, crnScope, clock, log } = options;
  const feed = sqliteEventFeed(folder.database);
  const positions = sqliteSinkPositions(folder.database, folder.commit);
  const pumps = sinks.map((sink): readonly [string, Pump] => [
    sink.name,
    startPump({ sink, feed, positions, clock, log, outgoing: (fed) => outgoingEvent(fed, crnScope) }),
  ]);
  return {
    feed,
    poke: () => {
      for (const [, pump] of pumps) pump.poke();
    },
    reports: () => Promise.all(pumps.map(([, pump]) => reportOf(feed, pump.status()))),
    async resume(name) {
      const pump = pumps.find(([one]) => one === name)?.[1];
      await pump?.resume();
      return pump !== undefined;
    },
    stop: async () => void (await Promise.all(pumps.map(([, pump]) => pump.stop()))),
  };
}

export async function reportOf(feed: EventFeed, status: SinkStatus): Promise<SinkReport> {
  const [next] = await feed.after(status.position, 1);
  const lag = Math.max(0, (await feed.newest()) - status.position);
  const at = next?.item.attributes.at;
  return { ...status, lag: next === undefined ? 0 : lag, ...(typeof at === 'number' && { oldestAt: at }) };
}

/** What is known of the sinks while no server runs: how far each had got. */
export const storedReports = (feed: EventFeed, positions: SinkPositions): Promise<readonly SinkReport[]> =>
  Promise.all(
    positions.all().map(({ name, position, goneAt }) =>
      reportOf(feed, {
        name,
        position,
        failures: 0,
        state: goneAt === undefined ? 'stopped' : 'gone',
        ...(goneAt !== undefined && { goneAt }),
      }),
    ),
  );
