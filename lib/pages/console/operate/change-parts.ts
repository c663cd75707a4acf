import { html } from 'hono/html';
import type { ChangeRequest, ChangeStatus, Difference } from '../../../domain/change-request.ts';
import { singleLine } from '../../../mails/words.ts';
import type { Html } from '../../layout.ts';
import { typed } from '../../parts.ts';
import { table, tag } from '../parts.ts';

const STATUSES: {
  readonly [status in ChangeStatus]: readonly [words: string, tone: Parameters<typeof tag>[1]];
} = {
  pending: ['waits for approval', 'waiting'],
  approved: ['approved and done', 'good'],
  denied: ['denied', 'quiet'],
  withdrawn: ['withdrawn', 'quiet'],
  expired: ['not approved in time', 'quiet'],
  superseded: ['asked for anew', 'quiet'],
  drifted: ['what it would change has changed', 'quiet'],
};

export const changeTag = (status: ChangeStatus): Html => tag(...STATUSES[status]);

export const changeWords = (status: ChangeStatus): string => STATUSES[status][0];

/** `Change of mia@example.com`, `Change of the settings of payroll`. */
export const aboutWords = ({ change, subject }: Pick<ChangeRequest, 'change' | 'subject'>): string =>
  change.kind === 'settings'
    ? `Change of the settings of ${singleLine(subject)}`
    : `Change of ${singleLine(subject)}`;

/** In one cell: what becomes different. */
export const differencesInLine = (differences: readonly Difference[]): Html =>
  html`${differences.map(({ name, before, after }) => html`<div>${typed(name)}: ${typed(before)} → ${typed(after)}</div>`)}`;

export const differencesTable = (differences: readonly Difference[]): Html =>
  table({
    caption: 'What becomes different',
    rows: differences,
    empty: 'Nothing.',
    columns: [
      { label: 'What', heading: true, cell: ({ name }) => typed(name) },
      { label: 'Before', cell: ({ before }) => typed(before) },
      { label: 'After', cell: ({ after }) => typed(after) },
    ],
  });
