import { taskHandler } from './task.ts';

export const handler = taskHandler('await-approval');
