import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type SinkPosition,
  sqliteEventFeed,
  sqliteSinkPositions,
} from '../../lib/adapters/sqlite/event-feed.ts';
import { sqliteStore } from '../../lib/adapters/sqlite/store.ts';
import { TransientError } from '../../lib/domain/errors.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../lib/domain/time.ts';
import { groupCommit, openDatabase } from '../../lib/engine/database.ts';
import type { EventSink } from '../../lib/ports/event-sink.ts';
import { type PumpOptions, startPump } from '../../lib/wiring/event-pump.ts';
import { type ManualClock, manualClock } from '../support/manual-clock.ts';

const SILENT = { info: () => {}, error: () => {} };

/** Events of two keys in a real store, and sinks that a test makes fail. */
function opened() {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-pump-'));
  const database = openDatabase(join(folder, 'store.db'));
  const commit = groupCommit(database);
  const store = sqliteStore(database, commit);
  const feed = sqliteEventFeed(database);
  const positions = sqliteSinkPositions(database, commit);
  const clock = manualClock();
  onTestFinished(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  let written = 0;
  const write = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1) {
      written += 1;
      const sort = `event#${String(written).padStart(15, '0')}`;
      const item = {
        table: 'main',
        partition: `key#i#${written % 2}`,
        sort,
        attributes: { n: written },
      } as const;
      await store.commit([{ put: item, when: [] }]);
    }
  };
  const options: Omit<PumpOptions, 'sink'> = {
    feed,
    positions,
    clock,
    log: SILENT,
    random: () => 1,
    outgoing: ({ item }) => ({
      id: item.sort,
      action: 'a',
      at: 't',
      json: String(Number(item.attributes.n)),
    }),
  };
  const pump = (sink: EventSink, more: Partial<PumpOptions> = {}) => {
    const started = startPump({ ...options, sink, ...more });
    onTestFinished(() => started.stop());
    return started;
  };
  return { clock, options, positions, pump, write };
}

/** Keeps what it takes; `fails` says what it does with the next batches. */
function sinkNamed(name: string, batch = 1) {
  const taken: string[] = [];
  const sink = {
    name,
    batch,
    taken,
    attempts: 0,
    fails: (): 'gone' | undefined => undefined,
    async deliver(events: readonly { readonly json: string }[]) {
      sink.attempts += 1;
      const outcome = sink.fails();
      if (outcome !== undefined) return outcome;
      taken.push(...events.map(({ json }) => json));
      return 'taken' as const;
    },
  };
  return sink;
}

const numbers = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => String(from + i));

const away = (): never => {
  throw new TransientError('the receiver answered 503');
};

async function until(clock: ManualClock, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !holds(); i += 1) await clock.settle();
  expect(holds()).toBe(true);
}

describe('a pump of events', () => {
  test('delivers what there was before it and what comes after, in order', async () => {
    const { clock, pump, write } = opened();
    await write(5);
    const sink = sinkNamed('a', 2);
    const { poke, status } = pump(sink);
    await until(clock, () => sink.taken.length === 5);
    await write(3);
    poke();
    await until(clock, () => sink.taken.length === 8 && status().state === 'up-to-date');
    expect(sink.taken).toEqual(numbers(1, 8));
    expect(status()).toEqual({ name: 'a', state: 'up-to-date', position: 8, failures: 0 });
  });

  test('finds within a minute what nobody told it of', async () => {
    const { clock, pump, write } = opened();
    const sink = sinkNamed('a');
    pump(sink);
    await clock.settle();
    await write(1);
    await clock.advance(MINUTE);
    await until(clock, () => sink.taken.length === 1);
  });

  test('tries a receiver that is away for days at most an hour apart, and then delivers everything in order', async () => {
    const { clock, pump, write } = opened();
    await write(3);
    const sink = sinkNamed('a');
    sink.fails = away;
    const { poke, status } = pump(sink);
    await clock.advance(3 * DAY);
    await write(2);
    poke();
    await clock.advance(HOUR);
    expect(sink.attempts).toBeGreaterThan(3 * 24);
    expect(sink.attempts).toBeLessThan(4 * 24);
    expect(status()).toMatchObject({ state: 'failing', position: 0, problem: 'the receiver answered 503' });
    sink.fails = () => undefined;
    await clock.advance(HOUR);
    await until(clock, () => sink.taken.length === 5);
    expect(sink.taken).toEqual(numbers(1, 5));
    expect(status()).toMatchObject({ state: 'up-to-date', failures: 0 });
  });

  test('waits longer after each failure, between half of the time and all of it', async () => {
    const { clock, pump, write } = opened();
    await write(1);
    const sink = sinkNamed('a');
    sink.fails = away;
    let draw = 0;
    const { status } = pump(sink, { random: () => draw });
    await until(clock, () => sink.attempts === 1);
    expect(status().nextAttemptAt).toBe(clock.now() + SECOND / 2);
    draw = 0.999_999;
    await clock.advance(SECOND);
    expect(sink.attempts).toBe(2);
    expect(Math.round((status().nextAttemptAt ?? 0) - clock.now())).toBe(1_500);
  });

  test('that dies between a delivery and its position delivers that again, and skips nothing', async () => {
    const { clock, options, positions, pump, write } = opened();
    await write(4);
    const sink = sinkNamed('a');
    let saves = 0;
    const dying = {
      ...positions,
      save(one: SinkPosition) {
        saves += 1;
        return saves === 3 ? NEVER : positions.save(one);
      },
    };
    const dead = startPump({ ...options, sink, positions: dying });
    await until(clock, () => saves === 3);
    expect(dead.status().position).toBe(2);
    const again = pump(sink);
    await until(clock, () => again.status().position === 4);
    expect(sink.taken).toEqual(['1', '2', '3', '3', '4']);
  });

  test('tries again when its position cannot be kept, as on a full disk', async () => {
    const { clock, positions, pump, write } = opened();
    await write(1);
    const sink = sinkNamed('a');
    let full = true;
    const { status } = pump(sink, {
      positions: {
        ...positions,
        save: async (one) => (full ? away() : positions.save(one)),
      },
    });
    await until(clock, () => status().state === 'failing');
    full = false;
    await clock.advance(SECOND);
    await until(clock, () => status().state === 'up-to-date');
    expect(sink.taken).toEqual(['1', '1']);
  });

  test('holds up no other: one sink is silent, one fails, and a third gets everything', async () => {
    const { clock, options, pump, write } = opened();
    await write(3);
    const silent = { ...sinkNamed('silent'), deliver: () => NEVER };
    const failing = sinkNamed('failing');
    failing.fails = away;
    const well = sinkNamed('well');
    const first = startPump({ ...options, sink: silent });
    pump(failing);
    pump(well);
    await until(clock, () => well.taken.length === 3);
    expect(first.status()).toMatchObject({ state: 'delivering', position: 0 });
  });

  test('leaves a sink alone that wants no more, also after a restart, until it is resumed', async () => {
    const { clock, pump, write } = opened();
    await write(2);
    const sink = sinkNamed('a');
    sink.fails = () => 'gone';
    const first = pump(sink);
    await until(clock, () => first.status().state === 'gone');
    await first.stop();
    const again = pump(sink);
    await clock.advance(DAY);
    again.poke();
    await clock.settle();
    expect(sink.attempts).toBe(1);
    expect(again.status()).toMatchObject({ state: 'gone', position: 0 });
    sink.fails = () => undefined;
    await again.resume();
    await until(clock, () => again.status().state === 'up-to-date');
    expect(sink.taken).toEqual(['1', '2']);
  });

  test('that is resumed does not wait for its next attempt', async () => {
    const { clock, pump, write } = opened();
    await write(1);
    const sink = sinkNamed('a');
    sink.fails = away;
    const { resume } = pump(sink);
    await clock.advance(DAY);
    sink.fails = () => undefined;
    await resume();
    await until(clock, () => sink.taken.length === 1);
  });

  test('that is stopped begins nothing any more', async () => {
    const { clock, pump, write } = opened();
    const sink = sinkNamed('a');
    const { poke, stop } = pump(sink);
    await stop();
    await write(1);
    poke();
    await clock.advance(HOUR);
    expect(sink.attempts).toBe(0);
    expect(clock.armed).toBe(0);
  });
});

/** What a process that was killed waits for. */
const NEVER = new Promise<never>(() => {});
