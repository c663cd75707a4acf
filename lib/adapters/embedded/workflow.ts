import { TransientError } from '../../domain/errors.ts';
import { DatabaseError } from '../../engine/database.ts';
import { type Engine, EngineError, type HistoryEvent } from '../../engine/engine.ts';
import { TASK_TOKEN } from '../../engine/token.ts';
import type { ExecutionEvent, Workflow } from '../../ports/workflow.ts';

/** The `Workflow` port over the engine in this process. */
export const embeddedWorkflow = (engine: Engine): Workflow => ({
  start: (name, input) => translated(() => engine.start(name, input)),

  async wake(taskToken) {
    try {
      await translated(() => engine.sendTaskSuccess(taskToken, {}));
      return 'woken';
    } catch (error) {
      if (error instanceof EngineError && GONE.has(error.name)) return 'gone';
      throw error;
    }
  },

  status: (name) => translated(async () => engine.status(name)),

  stop: (name, cause) => translated(() => engine.stop(name, { cause })),

  async history(name, page) {
    const { events, cursor } = await translated(() => engine.history(name, page));
    const shown = events.map(toEvent);
    return cursor === undefined ? { events: shown } : { events: shown, cursor };
  },
});

const GONE: ReadonlySet<EngineError['name']> = new Set(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken']);

/** A database that cannot answer now, or an engine that is closing, may answer later. */
export async function translated<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const closed = error instanceof EngineError && error.name === 'EngineClosed';
    if (!closed && !(error instanceof DatabaseError)) throw error;
    throw new TransientError('the workflow engine cannot answer now', { cause: error });
  }
}

function toEvent({ id, previousEventId, type, timestamp, details }: HistoryEvent): ExecutionEvent {
  return {
    id,
    previousEventId,
    type,
    timestamp: new Date(timestamp).toISOString(),
    details: withoutTokens(details),
  };
}

// A token stands in JSON strings within JSON strings; it has no character that JSON escapes, at any depth.
function withoutTokens(details: HistoryEvent['details']): ExecutionEvent['details'] {
  return JSON.parse(JSON.stringify(details).replaceAll(TASK_TOKEN, '(task token)'));
}
