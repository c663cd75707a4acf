// Not all of Zod: it would be a sixth of each step's bundle.
import * as z from 'zod/mini';
import { PermanentError } from '../domain/errors.ts';
import { type Context, onBehalfOf } from '../operations/context.ts';
import type { Reference } from '../operations/records/authorization.ts';
import { loadRequest } from '../operations/records/request.ts';
import { awaitApproval, awaitReauthorization } from '../operations/steps/await-decision.ts';
import { deleteKeyStep } from '../operations/steps/delete-key.ts';
import { notifyOutcome } from '../operations/steps/notify-outcome.ts';
import type { Progress } from '../operations/steps/progress.ts';
import { recordAuthorization } from '../operations/steps/record-authorization.ts';
import { settleStep } from '../operations/steps/settle.ts';
import type { TaskName } from './task-names.ts';

/** One task of the workflow: takes the payload that the definition names, and answers what it found. */
export type Task = (payload: unknown) => Promise<Progress>;

/**
 * The handlers of every task, the same ones for Lambda and for the embedded engine. Payloads of a version before
 * arrive for as long as its executions wait: members may be added to these schemas, none be required that was not.
 *
 * @throws PermanentError for a payload that no version of the definition sends.
 */
export function workflowTasks(context: Context): Readonly<Record<TaskName, Task>> {
  const task = tasksOf(context);
  return {
    'record-authorization': task('record-authorization', INPUT, recordAuthorization),
    'await-approval': task('await-approval', WAITING, awaitApproval),
    'settle-window': task('settle-window', REFERENCE, settleStep),
    'await-reauthorization': task('await-reauthorization', WAITING, awaitReauthorization),
    'settle-reauthorization': task('settle-reauthorization', REFERENCE, settleStep),
    'delete-key': task('delete-key', REFERENCE, deleteKeyStep),
    'notify-outcome': task('notify-outcome', REFERENCE, notifyOutcome),
  };
}

const REFERENCE = z.object({ instanceId: z.string(), keyId: z.string(), authorizationId: z.string() });

const INPUT = z.extend(REFERENCE, {
  incarnation: z.number(),
  requester: z.string(),
  twoPeople: z.boolean(),
  stopVersion: z.number(),
  reason: z.exactOptional(z.string()),
  ticket: z.exactOptional(z.string()),
});

const WAITING = z.extend(REFERENCE, {
  incarnation: z.number(),
  taskToken: z.string(),
  enteredAt: z.string(),
  retryCount: z.number(),
});

const tasksOf =
  (context: Context) =>
  <T extends Reference>(
    name: TaskName,
    schema: z.ZodMiniType<T>,
    run: (context: Context, payload: T) => Promise<Progress>,
  ): Task =>
  async (payload) => {
    const parsed = schema.safeParse(payload);
    // Only the names: a payload may hold a task token.
    if (!parsed.success) {
      const fields = parsed.error.issues.map((issue) => issue.path.join('.'));
      throw new PermanentError(`a step was given a payload that it cannot read: ${fields.join(', ')}`);
    }
    const { data } = parsed;
    const started = context.clock.now();
    const asked = await onBehalfOfRequest(context, data);
    const { authorizationId } = data;
    context.trace?.annotate({ authorizationId, correlationId: asked.correlationId });
    const progress = await run(asked, data);
    asked.log.info('step', {
      task: name,
      authorizationId,
      status: progress.status,
      milliseconds: context.clock.now() - started,
    });
    return progress;
  };

/** A step goes back to the API request that asked, which is in the store: an execution carries names. */
async function onBehalfOfRequest(context: Context, reference: Reference): Promise<Context> {
  const request = await loadRequest(context.store, reference);
  return request?.correlationId === undefined ? context : onBehalfOf(context, request.correlationId);
}
