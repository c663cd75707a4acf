import { stepContext } from '../lib/wiring/aws.ts';
import { taskHandler } from './task.ts';

export const handler = taskHandler('record-authorization', stepContext(process.env));
