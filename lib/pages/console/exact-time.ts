import { html } from 'hono/html';
import type { EpochMillis } from '../../domain/time.ts';
import type { Html } from '../layout.ts';

/** For evidence: UTC, to the second, and the same with scripts, which show other times as a browser's user has them. */
export const exactTime = (at: EpochMillis): Html =>
  html`<time>${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z</time>`;
