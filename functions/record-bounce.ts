import { bounceRecorder } from '../lib/wiring/bounces.ts';
import { traced } from '../lib/wiring/tracing.ts';

/** Records the mail that an event of SES says has not reached its person. */
export const handler = traced(process.env, bounceRecorder(process.env));
