import { publisher } from '../lib/wiring/publishing.ts';
import { traced } from '../lib/wiring/tracing.ts';

/** Publishes the audit events among the new items of the main table's stream. */
export const handler = traced(process.env, publisher(process.env));
