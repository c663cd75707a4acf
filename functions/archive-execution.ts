import { archiver } from '../lib/wiring/archiving.ts';
import { traced } from '../lib/wiring/tracing.ts';

/** Archives the execution that an event of Step Functions says has closed, and once a day those whose event was lost. */
export const handler = traced(process.env, archiver(process.env));
