import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemEngineClock } from '../../lib/engine/clock.ts';
import { engineFixture } from './support/fixture.ts';
import { CALLING, SLEEPING, tokenKeeper, WAITING } from './support/machines.ts';

const DAY = 86_400_000;

const exits = async (fixture: ReturnType<typeof engineFixture>, name: string) =>
  (await fixture.engine.history(name, { limit: 100 })).events.filter(
    ({ type }) => type === 'WaitStateExited',
  );

describe('a deadline', () => {
  it('that fell due while the process was down fires once after the restart', async () => {
    const fixture = engineFixture({ definition: SLEEPING });
    await fixture.engine.start('one', { seconds: 60 });
    await fixture.reopen({ clock: fixture.clock });
    expect(fixture.engine.status('one')).toBe('RUNNING');
    await fixture.engine.close();
    fixture.clock.set(fixture.clock.now() + 3 * DAY);
    await fixture.reopen();
    expect(fixture.engine.status('one')).toBe('SUCCEEDED');
    await fixture.reopen();
    await fixture.clock.advance(DAY);
    expect(await exits(fixture, 'one')).toHaveLength(1);
  });

  it('is not forgotten over a restart, and not early', async () => {
    const fixture = engineFixture({ definition: SLEEPING });
    await fixture.engine.start('one', { seconds: 7 * 86_400 });
    await fixture.clock.advance(6 * DAY);
    await fixture.reopen();
    await fixture.clock.advance(DAY - 1);
    expect(fixture.engine.status('one')).toBe('RUNNING');
    await fixture.clock.advance(1);
    expect(fixture.engine.status('one')).toBe('SUCCEEDED');
  });

  it('is late, and there once, when the machine slept', async () => {
    const fixture = engineFixture({ definition: SLEEPING });
    await fixture.engine.start('one', { seconds: 60 });
    fixture.clock.set(fixture.clock.now() + DAY);
    await fixture.clock.settle();
    const [exit, ...more] = await exits(fixture, 'one');
    expect(exit?.timestamp).toBe(fixture.clock.now());
    expect(more).toEqual([]);
  });

  it('does not come early when the clock is set back, and no history runs backwards', async () => {
    const fixture = engineFixture({ definition: SLEEPING });
    const start = fixture.clock.now();
    await fixture.engine.start('one', { seconds: 60 });
    fixture.clock.set(start - DAY);
    await fixture.clock.advance(59_000);
    expect(fixture.engine.status('one')).toBe('RUNNING');
    await fixture.engine.stop('one', {});
    const { events } = await fixture.engine.history('one', { limit: 100 });
    const times = events.map(({ timestamp }) => timestamp);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('that passed while the process was down ends a task without calling its function again', async () => {
    let calls = 0;
    const work = () => {
      calls += 1;
      return new Promise(() => {});
    };
    const { Call } = CALLING.States;
    const definition = { ...CALLING, States: { Call: { ...Call, TimeoutSeconds: 30 } } };
    const fixture = engineFixture({ definition, functions: { work }, taskTimeoutSeconds: 600 });
    await fixture.engine.start('one', {});
    await fixture.clock.settle();
    await fixture.engine.close();
    fixture.clock.set(fixture.clock.now() + 30_000);
    await fixture.reopen();
    expect(await fixture.engine.describe('one')).toMatchObject({ error: 'States.Timeout' });
    expect(calls).toBe(1);
  });

  it('takes one timer, whatever waits', async () => {
    const keeper = tokenKeeper();
    const fixture = engineFixture({ definition: WAITING, functions: { 'hand-over': keeper.handOver } });
    const names = Array.from({ length: 300 }, (_, i) => `e${i}`);
    await Promise.all(names.map((name, i) => fixture.engine.start(name, { seconds: 1_000 + i })));
    await fixture.clock.settle();
    expect(fixture.clock.armed).toBe(1);
    await fixture.clock.advance(1_149_500);
    expect(names.filter((name) => fixture.engine.status(name) === 'SUCCEEDED')).toHaveLength(150);
    expect(fixture.clock.armed).toBe(1);
  });

  it('of many executions at the same moment moves them all', async () => {
    const fixture = engineFixture({ definition: SLEEPING });
    const names = Array.from({ length: 250 }, (_, i) => `e${i}`);
    await Promise.all(names.map((name) => fixture.engine.start(name, { seconds: 60 })));
    await fixture.clock.advance(60_000);
    expect(names.every((name) => fixture.engine.status(name) === 'SUCCEEDED')).toBe(true);
    expect(fixture.clock.armed).toBe(0);
  });

  it('that is earlier than the armed one is not missed', async () => {
    const fixture = engineFixture({ definition: SLEEPING });
    await fixture.engine.start('late', { seconds: 1_000 });
    await fixture.engine.start('soon', { seconds: 10 });
    await fixture.clock.advance(10_000);
    expect([fixture.engine.status('late'), fixture.engine.status('soon')]).toEqual(['RUNNING', 'SUCCEEDED']);
  });
});

describe("the machine's clock", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('keeps a time beyond the longest timer of the platform, and fires once', () => {
    const clock = systemEngineClock();
    let fired = 0;
    const at = clock.now() + 40 * DAY;
    clock.schedule(at, () => {
      fired += 1;
    });
    vi.advanceTimersByTime(40 * DAY - 1);
    expect(fired).toBe(0);
    vi.advanceTimersByTime(DAY);
    expect(fired).toBe(1);
  });

  it('notices within a minute that the time was set forward', () => {
    const clock = systemEngineClock();
    let fired = 0;
    clock.schedule(clock.now() + 40 * DAY, () => {
      fired += 1;
    });
    vi.setSystemTime(Date.now() + 50 * DAY);
    vi.advanceTimersByTime(60_000);
    expect(fired).toBe(1);
  });

  it('does not fire early when the time was set back', () => {
    const clock = systemEngineClock();
    let fired = 0;
    clock.schedule(clock.now() + 10_000, () => {
      fired += 1;
    });
    vi.setSystemTime(Date.now() - DAY);
    vi.advanceTimersByTime(DAY + 9_000);
    expect(fired).toBe(0);
    vi.advanceTimersByTime(61_000);
    expect(fired).toBe(1);
  });

  it('forgets what was cancelled', () => {
    const clock = systemEngineClock();
    let fired = 0;
    const cancel = clock.schedule(clock.now() + 10_000, () => {
      fired += 1;
    });
    cancel();
    vi.advanceTimersByTime(DAY);
    expect(fired).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
