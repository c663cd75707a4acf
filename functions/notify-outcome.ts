import { taskHandler } from './task.ts';

export const handler = taskHandler('notify-outcome');
