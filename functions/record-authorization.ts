import { taskHandler } from './task.ts';

export const handler = taskHandler('record-authorization');
