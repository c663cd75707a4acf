import type { HistoryEvent, TaskFunction } from '../../../lib/engine/engine.ts';
import { TASK_TOKEN } from '../../../lib/engine/token.ts';
import { engineFixture, type Fixture } from '../support/fixture.ts';
import type { ConformanceCase, Scripted } from './case.ts';

const NAME = 'execution';
const LONGEST_DAYS = 400;

interface Run extends Fixture {
  readonly events: readonly HistoryEvent[];
}

/** @param restarting whether the engine is closed and opened again whenever the execution only waits. */
export async function runCase(given: ConformanceCase, restarting: boolean): Promise<Run> {
  const attempts = new Map<string, number>();
  let inFlight = 0;
  const functions: Record<string, TaskFunction> = {};
  const fixture = engineFixture({ definition: definitionOf(given), functions });
  const { clock } = fixture;
  const start = clock.now();

  for (const [name, state] of Object.entries(given.states)) {
    const callback = JSON.stringify(state).includes('waitForTaskToken');
    functions[name] = async (payload) => {
      const attempt = attempts.get(name) ?? 0;
      attempts.set(name, attempt + 1);
      const script = given.results?.[name] ?? [{ return: payload }];
      const entry = script[attempt] ?? script.at(-1) ?? { never: true };
      if (callback) return scheduleAnswers(fixture, entry, payload);
      inFlight += 1;
      return answerOf(entry, (seconds) => clock.sleep(seconds * 1_000)).finally(() => {
        inFlight -= 1;
      });
    };
  }

  await fixture.engine.start(NAME, given.input ?? {});
  if (given.stopAtSeconds !== undefined) {
    clock.schedule(
      start + given.stopAtSeconds * 1_000,
      () => void fixture.engine.stop(NAME, { cause: 'enough' }),
    );
  }
  for (;;) {
    await clock.settle();
    if (fixture.engine.status(NAME) !== 'RUNNING') break;
    if (restarting && inFlight === 0) await fixture.reopen();
    const { next } = clock;
    if (next === undefined || next > start + LONGEST_DAYS * 86_400_000) break;
    await clock.advanceTo(next);
  }
  const { events } = await fixture.engine.history(NAME, { limit: 1_000 });
  return Object.assign(fixture, { events });
}

export const definitionOf = ({ states, startAt, timeoutSeconds }: ConformanceCase): object => ({
  QueryLanguage: 'JSONata',
  StartAt: startAt ?? Object.keys(states)[0],
  States: states,
  ...(timeoutSeconds === undefined ? {} : { TimeoutSeconds: timeoutSeconds }),
});

async function answerOf(entry: Scripted, sleep: (seconds: number) => Promise<void>): Promise<unknown> {
  if (entry.afterSeconds !== undefined) await sleep(entry.afterSeconds);
  if ('return' in entry) return entry.return;
  if ('never' in entry) return new Promise(() => {});
  throw Object.assign(new Error(entry.throw.cause), { name: entry.throw.error });
}

function scheduleAnswers(fixture: Fixture, entry: Scripted, payload: unknown): null {
  const { clock } = fixture;
  const token = String(Object(payload).token);
  const at = (seconds: number, send: () => Promise<void>) =>
    clock.schedule(clock.now() + seconds * 1_000, () => void send());
  for (const seconds of entry.heartbeatsAtSeconds ?? []) {
    at(seconds, () => fixture.engine.sendTaskHeartbeat(token));
  }
  const after = entry.afterSeconds ?? 1;
  if ('return' in entry) at(after, () => fixture.engine.sendTaskSuccess(token, entry.return));
  if ('throw' in entry) at(after, () => fixture.engine.sendTaskFailure(token, entry.throw));
  return null;
}

/** An event as the cases write it: JSON strings as values, without what is the same in every event. */
export function comparable({ type, previousEventId, details, timestamp }: HistoryEvent, start: number) {
  const shown = Object.fromEntries(
    Object.entries(details)
      .filter(([name]) => !ALWAYS_THE_SAME.has(name))
      .map(([name, value]) => [name, JSON_STRINGS.has(name) ? parsed(value) : value]),
  );
  const hidden: object = JSON.parse(JSON.stringify(shown).replaceAll(TASK_TOKEN, '(task token)'));
  return [type, previousEventId, hidden, (timestamp - start) / 1_000] as const;
}

const ALWAYS_THE_SAME = new Set([
  'inputDetails',
  'outputDetails',
  'assignedVariablesDetails',
  'roleArn',
  'region',
]);
const JSON_STRINGS = new Set(['input', 'output', 'parameters']);
const parsed = (value: unknown): unknown => JSON.parse(String(value));
