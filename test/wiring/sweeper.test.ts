import { describe, expect, test } from 'vitest';
import type { Log, LogFields } from '../../lib/ports/log.ts';
import { startSweeper } from '../../lib/wiring/sweeper.ts';
import { manualClock } from '../support/manual-clock.ts';

const MINUTE = 60_000;

/** A sweep that each call of `finish` or `fail` ends. */
function slowSweep() {
  const running: { resolve: () => void; reject: (error: Error) => void }[] = [];
  let begun = 0;
  const sweep = () => {
    begun += 1;
    return new Promise<void>((resolve, reject) => running.push({ resolve, reject }));
  };
  return {
    sweep,
    begun: () => begun,
    finish: () => running.shift()?.resolve(),
    fail: (error: Error) => running.shift()?.reject(error),
  };
}

function recordingLog() {
  const errors: (LogFields | undefined)[] = [];
  const log: Log = { info: () => {}, error: (_message, fields) => errors.push(fields) };
  return { log, errors };
}

describe('the sweeper', () => {
  test('sweeps at once, and then a minute after each end; never two at a time', async () => {
    const clock = manualClock();
    const { sweep, begun, finish } = slowSweep();
    startSweeper(sweep, clock, recordingLog().log);
    await clock.settle();
    expect(begun()).toBe(1);
    await clock.advance(10 * MINUTE);
    expect(begun()).toBe(1);
    finish();
    await clock.advance(MINUTE - 1);
    expect(begun()).toBe(1);
    await clock.advance(1);
    expect(begun()).toBe(2);
  });

  test('sweeps again after a second when a sweep has left something undone', async () => {
    const clock = manualClock();
    const undone = [true, true, false];
    const swept: number[] = [];
    const sweep = async () => {
      swept.push(clock.now());
      return undone.shift();
    };
    startSweeper(sweep, clock, recordingLog().log, (more) => more === true);
    await clock.advance(2 * MINUTE);
    const [first = 0] = swept;
    expect(swept.map((at) => at - first)).toEqual([0, 1_000, 2_000, 62_000]);
  });

  test('a sweep that fails is logged without a secret, and the next one comes', async () => {
    const clock = manualClock();
    const { sweep, begun, fail } = slowSweep();
    const { log, errors } = recordingLog();
    startSweeper(sweep, clock, log);
    await clock.settle();
    fail(new Error('token abc'));
    await clock.advance(MINUTE);
    expect(errors).toEqual([{ error: 'Error', problem: undefined }]);
    expect(begun()).toBe(2);
  });

  test('stopping waits for the sweep that runs, and lets none begin', async () => {
    const clock = manualClock();
    const { sweep, begun, finish } = slowSweep();
    const sweeper = startSweeper(sweep, clock, recordingLog().log);
    await clock.settle();
    let stopped = false;
    const stopping = sweeper.stop().then(() => {
      stopped = true;
    });
    await clock.settle();
    expect(stopped).toBe(false);
    finish();
    await stopping;
    await clock.advance(10 * MINUTE);
    expect(begun()).toBe(1);
    expect(clock.armed).toBe(0);
  });

  test('stopping before the first sweep leaves nothing armed', async () => {
    const clock = manualClock();
    const { sweep, begun } = slowSweep();
    await startSweeper(sweep, clock, recordingLog().log).stop();
    await clock.advance(MINUTE);
    expect([begun(), clock.armed]).toEqual([0, 0]);
  });
});
