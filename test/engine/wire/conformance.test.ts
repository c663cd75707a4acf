import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent as SdkEvent,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import type { HistoryEvent, TaskFunction } from '../../../lib/engine/engine.ts';
import { CALLBACKS } from '../conformance/callbacks.ts';
import type { ConformanceCase, Scripted } from '../conformance/case.ts';
import { CATCH } from '../conformance/catch.ts';
import { CHOICE } from '../conformance/choice.ts';
import { EVALUATION } from '../conformance/evaluation.ts';
import { PLAIN } from '../conformance/plain.ts';
import { RETRY } from '../conformance/retry.ts';
import { comparable, definitionOf } from '../conformance/run.ts';
import { TASKS } from '../conformance/tasks.ts';
import { executionArn, STATE_MACHINE, wireFixture } from './fixture.ts';

const NAME = 'execution';
const EXECUTION = { executionArn: executionArn(NAME) };
const LONGEST_DAYS = 400;

const CASES = [PLAIN, TASKS, CALLBACKS, CHOICE, RETRY, CATCH, EVALUATION].flat();

describe('through the wire protocol', () => {
  it.each(CASES)('$name', async (given) => {
    const { described, events } = await run(given);
    const start = events[0]?.timestamp ?? 0;
    const actual = events.map((event, i) => {
      const wanted = given.history[i] ?? [];
      return comparable(event, start).slice(0, Math.max(2, wanted.length));
    });
    expect(actual).toEqual(given.history);
    expect(described.status).toBe(given.status);
    expect(described.output && JSON.parse(described.output)).toEqual(given.output);
    expect(described.error).toEqual(given.error);
  });
});

/** Everything that is said to the engine, and everything that it answers, goes through the SDK's client. */
async function run(given: ConformanceCase) {
  const functions: Record<string, TaskFunction> = {};
  const { client, clock, engine } = await wireFixture({ definition: definitionOf(given), functions });
  const start = clock.now();
  const underWay = new Set<Promise<unknown>>();
  const at = (time: number, send: () => Promise<unknown>) =>
    clock.schedule(time, () => {
      const sent = send().finally(() => underWay.delete(sent));
      underWay.add(sent);
    });
  const answerLater = (entry: Scripted, taskToken: string): void => {
    const after = (seconds: number, send: () => Promise<unknown>) => at(clock.now() + seconds * 1_000, send);
    for (const seconds of entry.heartbeatsAtSeconds ?? []) {
      after(seconds, () => client.send(new SendTaskHeartbeatCommand({ taskToken })));
    }
    const { afterSeconds = 1 } = entry;
    if ('return' in entry) {
      const output = JSON.stringify(entry.return);
      after(afterSeconds, () => client.send(new SendTaskSuccessCommand({ taskToken, output })));
    }
    if ('throw' in entry) {
      after(afterSeconds, () => client.send(new SendTaskFailureCommand({ taskToken, ...entry.throw })));
    }
  };
  Object.assign(
    functions,
    scriptedFunctions(given, answerLater, (ms) => clock.sleep(ms)),
  );

  const input = JSON.stringify(given.input ?? {});
  await client.send(new StartExecutionCommand({ stateMachineArn: STATE_MACHINE, name: NAME, input }));
  if (given.stopAtSeconds !== undefined) {
    const stop = new StopExecutionCommand({ ...EXECUTION, cause: 'enough' });
    at(start + given.stopAtSeconds * 1_000, () => client.send(stop));
  }
  for (;;) {
    await clock.settle();
    if (underWay.size > 0) {
      await Promise.all(underWay);
      continue;
    }
    const { next } = clock;
    if (engine.status(NAME) !== 'RUNNING' || next === undefined) break;
    if (next > start + LONGEST_DAYS * 86_400_000) break;
    await clock.advanceTo(next);
  }
  const described = await client.send(new DescribeExecutionCommand(EXECUTION));
  const { events = [] } = await client.send(
    new GetExecutionHistoryCommand({ ...EXECUTION, maxResults: 1_000 }),
  );
  return { described, events: events.map(asEngineEvent) };
}

function scriptedFunctions(
  given: ConformanceCase,
  answerLater: (entry: Scripted, taskToken: string) => void,
  sleep: (milliseconds: number) => Promise<void>,
): Record<string, TaskFunction> {
  const attempts = new Map<string, number>();
  const scripted =
    (name: string, callback: boolean): TaskFunction =>
    async (payload) => {
      const attempt = attempts.get(name) ?? 0;
      attempts.set(name, attempt + 1);
      const script = given.results?.[name] ?? [{ return: payload }];
      const entry = script[attempt] ?? script.at(-1) ?? { never: true };
      if (callback) {
        answerLater(entry, String(Object(payload).token));
        return null;
      }
      if (entry.afterSeconds !== undefined) await sleep(entry.afterSeconds * 1_000);
      if ('return' in entry) return entry.return;
      if ('never' in entry) return new Promise(() => {});
      throw Object.assign(new Error(entry.throw.cause), { name: entry.throw.error });
    };
  return Object.fromEntries(
    Object.entries(given.states).map(([name, state]) => [
      name,
      scripted(name, JSON.stringify(state).includes('waitForTaskToken')),
    ]),
  );
}

/** What the SDK made of an event, as the engine has it. */
function asEngineEvent({ id = 0, previousEventId = 0, type, timestamp, ...more }: SdkEvent): HistoryEvent {
  const details = Object.entries(more).find(([name]) => name.endsWith('EventDetails'))?.[1] ?? {};
  return {
    id,
    previousEventId,
    type: String(type),
    timestamp: timestamp?.getTime() ?? 0,
    details: { ...details },
  };
}
