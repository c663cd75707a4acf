import { storedFailure } from '../answers.ts';
import type { ExecutionDescription, Failure, HistoryEvent } from '../api.ts';
import { type Call, currentVisit, type Execution } from '../execution.ts';
import type { Fact } from '../facts.ts';
import { factOf, invoke, toJson } from '../invoke.ts';
import { fits } from '../limits.ts';
import { apply, expiryOf, overdue, runsUntil, wakeTime } from '../machine.ts';
import { replayFrom } from '../replay.ts';
import { description } from '../views.ts';
import { checkScript, prompter, type Script, ScriptError, type Scripted } from './script.ts';

/*
 * Runs an execution without a database and without waiting: the script makes the facts, each with its time, and the
 * engine's own machine takes them in. So it is what would happen, a millisecond for a millisecond, if the tasks
 * answered like that. A function's own time limit is not the definition's and is not rehearsed.
 */

/** When every rehearsal starts: the same script gives the same history, to the millisecond. */
export const REHEARSAL_START = Date.UTC(2026, 0, 1);
const LONGEST_DAYS = 365;
const LONGEST = LONGEST_DAYS * 86_400_000;
/** Tokens and chance are drawn from it: they repeat, and open nothing. */
const KEY = 'rehearsal';

export interface RehearsalRequest {
  /** Amazon States Language, as plain data. */
  readonly definition: object;
  readonly input: unknown;
  readonly script: Script;
}

export interface Rehearsal extends ExecutionDescription {
  readonly events: readonly HistoryEvent[];
  /** Why a `RUNNING` one was not followed to its end. */
  readonly unfinished?: string;
}

/**
 * @throws DefinitionError when the engine does not run the definition.
 * @throws ScriptError when the script does not fit it, or a value is larger than 256 KiB.
 */
export async function rehearse({ definition, input, script }: RehearsalRequest): Promise<Rehearsal> {
  const execution = newExecution(definition);
  checkScript(script, execution.definition);
  await apply(execution, ['started', REHEARSAL_START, checked(input, 'the input')]);
  const cue = cues(script);
  while (execution.rest.kind !== 'closed') {
    const fact = await cue(execution);
    if (fact === undefined || fact[1] > REHEARSAL_START + LONGEST)
      return result(execution, unfinished(execution));
    await apply(execution, fact);
  }
  return result(execution);
}

function newExecution(definition: object): Execution {
  const document: object = JSON.parse(JSON.stringify(definition));
  const kept = { stateMachine: 'main', document, since: REHEARSAL_START };
  const replay = replayFrom({ key: KEY, definition: () => kept, factsOf: () => '' });
  return replay.blank({ id: 1, name: 'execution', definition: 1 }, true);
}

/** What happens next to an execution that rests; undefined when nothing ever does. */
function cues(script: Script): (execution: Execution) => Promise<Fact | undefined> {
  const next = prompter(script);
  let answer: Scripted = { never: true };
  return async (execution) => {
    const { rest, at } = execution;
    switch (rest.kind) {
      case 'task': {
        const scripted = next(currentVisit(execution).state.name);
        if (!rest.call.callback) return endOfCall(execution, rest.call, scripted);
        answer = scripted;
        return ['returned', at, null];
      }
      case 'callback':
        return endOfWait(execution, answer);
      case 'timer':
        // A Wait until a time that is past ends at once.
        return overdue(execution, Math.max(at, wakeTime(execution) ?? at));
      default:
        return undefined;
    }
  };
}

/** The function returns or throws, unless its time is over first: an answer at the deadline is late. */
async function endOfCall(execution: Execution, call: Call, scripted: Scripted): Promise<Fact | undefined> {
  const until = runsUntil(execution, call);
  const at = timeOf(execution, scripted);
  if (at >= until) return overdue(execution, until);
  const run = async () => {
    if ('throw' in scripted) throw failureOf(scripted.throw);
    return 'return' in scripted ? scripted.return : null;
  };
  const limits = { clock: STOPPED, functionSeconds: 0, taskUntil: until, subject: call.subject };
  return factOf(await invoke(run, call.payload, limits), at);
}

/** Never fires: whether a call is in time is known before it is made. */
const STOPPED = { now: () => REHEARSAL_START, schedule: () => () => {} };

const failureOf = ({ error = 'Error', cause = '' }: Failure): Error =>
  Object.assign(new Error(cause), { name: error });

/** The token is answered, unless the task's time is over or a heartbeat has stayed away first. */
function endOfWait(execution: Execution, scripted: Scripted): Fact | undefined {
  const at = timeOf(execution, scripted);
  const until = aliveUntil(execution, scripted, at);
  if (at >= until) return overdue(execution, until);
  if ('throw' in scripted) {
    return ['failed', at, ...storedFailure(scripted.throw)];
  }
  return 'return' in scripted
    ? ['succeeded', at, checked(scripted.return, 'what a token is sent')]
    : undefined;
}

/** Sends the heartbeats that come before the answer and in time; when the task dies after the last of them. */
function aliveUntil(execution: Execution, scripted: Scripted, answerAt: number): number {
  const { at } = execution;
  for (const seconds of (scripted.heartbeatsAtSeconds ?? []).toSorted((a, b) => a - b)) {
    const { rest } = execution;
    const beatAt = at + seconds * 1_000;
    if (rest.kind !== 'callback' || beatAt >= answerAt || beatAt >= rest.wakeAt) break;
    const { timeoutAt, heartbeatMilliseconds = Number.POSITIVE_INFINITY } = rest.call;
    const wakeAt = Math.min(beatAt + heartbeatMilliseconds, timeoutAt, expiryOf(execution));
    execution.rest = { ...rest, wakeAt };
  }
  return wakeTime(execution) ?? at;
}

const timeOf = ({ at }: Execution, scripted: Scripted): number =>
  'never' in scripted ? Number.POSITIVE_INFINITY : at + (scripted.afterSeconds ?? 0) * 1_000;

/** A copy, as the engine would take it in. */
function checked(value: unknown, what: string): unknown {
  const text = toJson(value);
  if (text === undefined) throw new ScriptError(`${what} is not JSON`);
  if (!fits(text)) throw new ScriptError(`${what} exceeds 256 KiB`);
  return JSON.parse(text);
}

const unfinished = (execution: Execution): string =>
  `it was not followed beyond ${LONGEST_DAYS} days: it still waits in the state "${currentVisit(execution).state.name}"`;

const result = (execution: Execution, unfinished?: string): Rehearsal => ({
  ...description(execution),
  events: execution.history.events,
  ...(unfinished === undefined ? {} : { unfinished }),
});
