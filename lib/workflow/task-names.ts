/**
 * The workflow's tasks. Each is one Lambda function in the cloud and one in-process function on one machine;
 * both run the operation that `tasks.ts` names.
 */
export const TASK_NAMES = [
  'record-authorization',
  'await-approval',
  'settle-window',
  'await-reauthorization',
  'settle-reauthorization',
  'delete-key',
  'notify-outcome',
] as const;

export type TaskName = (typeof TASK_NAMES)[number];
