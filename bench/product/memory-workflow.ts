import { randomUUID } from 'node:crypto';
import type { Progress } from '../../lib/operations/steps/progress.ts';
import type { Value } from '../../lib/ports/store.ts';
import type { Workflow } from '../../lib/ports/workflow.ts';
import type { TaskName } from '../../lib/workflow/task-names.ts';

type Tasks = Readonly<Record<TaskName, (payload: unknown) => Promise<Progress>>>;

/** The way of an approval through the workflow, step by step, without an engine and without anything kept. */
export function memoryWorkflow(tasks: () => Tasks): Workflow {
  const waiting = new Map<string, () => void>();
  async function approval(input: { readonly [name: string]: Value | undefined }): Promise<void> {
    const { 'record-authorization': record, 'await-approval': wait, 'settle-window': settle } = tasks();
    if ((await record(input)).status !== 'pending') return;
    const taskToken = randomUUID();
    const woken = new Promise<void>((resolve) => waiting.set(taskToken, resolve));
    await wait({ ...input, taskToken, enteredAt: new Date().toISOString(), retryCount: 0 });
    await woken;
    if ((await settle(input)).status !== 'approved') return;
    await tasks()['delete-key'](input);
    await tasks()['notify-outcome'](input);
  }
  return {
    start: async (_name, input) => {
      void approval(input);
      return 'started';
    },
    wake: async (taskToken) => {
      waiting.get(taskToken)?.();
      return waiting.delete(taskToken) ? 'woken' : 'gone';
    },
    status: async () => undefined,
    stop: async () => {},
    history: async () => ({ events: [] }),
  };
}
