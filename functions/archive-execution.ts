import { archiver } from '../lib/wiring/archiving.ts';

/** Archives the execution that an event of Step Functions says has closed. */
export const handler = archiver(process.env);
