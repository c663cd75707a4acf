import * as z from 'zod';
import { PermanentError } from '../domain/errors.ts';
import type { Context } from '../operations/context.ts';
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
  return {
    'record-authorization': task(INPUT, (input) => recordAuthorization(context, input)),
    'await-approval': task(WAITING, (step) => awaitApproval(context, step)),
    'settle-window': task(REFERENCE, (reference) => settleStep(context, reference)),
    'await-reauthorization': task(WAITING, (step) => awaitReauthorization(context, step)),
    'settle-reauthorization': task(REFERENCE, (reference) => settleStep(context, reference)),
    'delete-key': task(REFERENCE, (reference) => deleteKeyStep(context, reference)),
    'notify-outcome': task(REFERENCE, (reference) => notifyOutcome(context, reference)),
  };
}

const REFERENCE = z.object({ instanceId: z.string(), keyId: z.string(), authorizationId: z.string() });

const INPUT = REFERENCE.extend({
  incarnation: z.number(),
  requester: z.string(),
  twoPeople: z.boolean(),
  stopVersion: z.number(),
  reason: z.string().exactOptional(),
  ticket: z.string().exactOptional(),
});

const WAITING = REFERENCE.extend({
  incarnation: z.number(),
  taskToken: z.string(),
  enteredAt: z.string(),
  retryCount: z.number(),
});

const task =
  <T>(schema: z.ZodType<T>, run: (payload: T) => Promise<Progress>): Task =>
  async (payload) => {
    const parsed = schema.safeParse(payload);
    // Only the names: a payload may hold a task token.
    if (!parsed.success) {
      const fields = parsed.error.issues.map((issue) => issue.path.join('.'));
      throw new PermanentError(`a step was given a payload that it cannot read: ${fields.join(', ')}`);
    }
    return run(parsed.data);
  };
