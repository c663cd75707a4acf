import { mailingStepContext } from '../lib/wiring/aws-mailing.ts';
import { taskHandler } from './task.ts';

export const handler = taskHandler('notify-outcome', mailingStepContext(process.env));
