import { taskHandler } from './task.ts';

export const handler = taskHandler('delete-key');
