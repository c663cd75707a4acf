import type { Progress } from '../lib/operations/steps/progress.ts';
import { stepContext } from '../lib/wiring/aws.ts';
import type { TaskName } from '../lib/workflow/task-names.ts';
import { workflowTasks } from '../lib/workflow/tasks.ts';

/** The Lambda function of one task of the workflow. What it throws is matched by the definition, by its name. */
export function taskHandler(name: TaskName): (payload: unknown) => Promise<Progress> {
  const task = workflowTasks(stepContext(process.env))[name];
  return (payload) => task(payload);
}
