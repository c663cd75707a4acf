import { type Engine, EngineError, type Failure } from './api.ts';
import type { Commit } from './database.ts';
import type { Call, Execution } from './execution.ts';
import type { Executions } from './executions.ts';
import type { Fact } from './facts.ts';
import { toJson } from './invoke.ts';
import type { Within } from './journal.ts';
import { fits, MOST_CAUSE_CHARACTERS, MOST_ERROR_CHARACTERS } from './limits.ts';
import { expiryOf, overdue } from './machine.ts';
import { togetherWith } from './together.ts';
import { isSame, readToken, type TokenSubject } from './token.ts';

type Answers = Pick<
  Engine,
  'sendTaskSuccess' | 'sendTaskSuccessWith' | 'sendTaskFailure' | 'sendTaskHeartbeat'
>;

/** What is said to a task token, which is good for its own attempt alone and before its time is over (invariant 4). */
export function answers(executions: Executions, commit: Commit): Answers {
  const subjectOf = (token: string): TokenSubject => {
    const subject = readToken(token);
    if (subject === undefined) throw new EngineError('InvalidToken', 'this is not a task token');
    const genuine = executions.tokenOf(subject);
    if (genuine === undefined) throw new EngineError('TaskDoesNotExist', 'no execution has this task');
    if (!isSame(token, genuine)) throw new EngineError('InvalidToken', 'this is not a task token');
    return subject;
  };
  const answer = async (token: string, factAt: (at: number) => Fact, within?: Within): Promise<void> => {
    const { execution: id, scheduledEvent } = subjectOf(token);
    const decide = (execution: Execution, at: number) => {
      demandWaiting(execution, scheduledEvent, at);
      return factAt(at);
    };
    await executions.move(id, decide, { within });
  };
  return {
    async sendTaskSuccess(token, output) {
      const plain = taskOutput(output);
      await answer(token, (at) => ['succeeded', at, plain]);
    },
    async sendTaskSuccessWith(token, output, work) {
      const plain = taskOutput(output);
      return togetherWith(work, commit, (within) => answer(token, (at) => ['succeeded', at, plain], within));
    },
    sendTaskFailure: (token, failure) => answer(token, (at) => ['failed', at, ...storedFailure(failure)]),
    async sendTaskHeartbeat(token) {
      const { execution: id, scheduledEvent } = subjectOf(token);
      await executions.postpone(id, (execution, at) => {
        const { timeoutAt, heartbeatMilliseconds } = demandWaiting(execution, scheduledEvent, at);
        const aliveUntil = at + (heartbeatMilliseconds ?? Number.POSITIVE_INFINITY);
        return Math.min(aliveUntil, timeoutAt, expiryOf(execution));
      });
    },
  };
}

/** The deadline decides, not whether its timer has fired yet (invariant 5). */
function demandWaiting(execution: Execution, scheduledEvent: number, at: number): Call {
  const { rest } = execution;
  const waits = rest.kind === 'callback' || (rest.kind === 'task' && rest.call.callback);
  if (waits && rest.call.scheduledEvent === scheduledEvent && overdue(execution, at) === undefined) {
    return rest.call;
  }
  throw new EngineError('TaskTimedOut', 'the task is closed or its time is over');
}

function taskOutput(output: unknown): unknown {
  const text = toJson(output);
  if (text === undefined) throw new EngineError('InvalidOutput', 'the output is not JSON');
  if (!fits(text)) throw new EngineError('InvalidOutput', 'the output exceeds 256 KiB');
  return JSON.parse(text);
}

/** As facts hold it: null for what was not given, and no longer than Step Functions would take. */
export const storedFailure = ({ error, cause }: Failure): [string | null, string | null] => [
  error?.slice(0, MOST_ERROR_CHARACTERS) ?? null,
  cause?.slice(0, MOST_CAUSE_CHARACTERS) ?? null,
];
