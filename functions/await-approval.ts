import { mailingStepContext } from '../lib/wiring/aws-mailing.ts';
import { taskHandler } from './task.ts';

export const handler = taskHandler('await-approval', mailingStepContext(process.env));
