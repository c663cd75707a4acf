import { publisher } from '../lib/wiring/publishing.ts';

/** Publishes the audit events among the new items of the main table's stream. */
export const handler = publisher(process.env);
