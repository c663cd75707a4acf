import type { Context } from '../lib/operations/context.ts';
import type { Progress } from '../lib/operations/steps/progress.ts';
import { traced } from '../lib/wiring/tracing.ts';
import type { TaskName } from '../lib/workflow/task-names.ts';
import { workflowTasks } from '../lib/workflow/tasks.ts';

/** The Lambda function of one task of the workflow. What it throws is matched by the definition, by its name. */
export const taskHandler = (name: TaskName, context: Context): ((payload: unknown) => Promise<Progress>) =>
  traced(process.env, workflowTasks(context)[name]);
