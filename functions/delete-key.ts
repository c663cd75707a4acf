import { stepContext } from '../lib/wiring/aws.ts';
import { taskHandler } from './task.ts';

export const handler = taskHandler('delete-key', stepContext(process.env));
