import { html } from 'hono/html';
import { displayNameOf, type Person } from '../../../domain/person.ts';
import { singleLine } from '../../../mails/words.ts';
import type { ApiKey } from '../../../operations/credentials.ts';
import type { Html } from '../../layout.ts';
import { time } from '../../parts.ts';
import type { Visit } from '../page.ts';
import { table } from '../parts.ts';
import { paths } from '../paths.ts';

/** How somebody knows one of their API keys. */
export const keyWords = ({ lastFour }: ApiKey): Html =>
  lastFour === undefined ? html`an older one` : html`<code>cs_…${lastFour}</code>`;

/** Somebody's API keys, never the keys themselves. */
export const apiKeyTable = (visit: Visit, holder: Person, keys: readonly ApiKey[]): Html =>
  table({
    caption: `API keys of ${singleLine(displayNameOf(holder))}`,
    rows: keys,
    empty: 'No API key.',
    columns: [
      { label: 'Key', heading: true, cell: keyWords },
      { label: 'Made', cell: ({ createdAt }) => time(createdAt) },
      {
        label: 'Revoke',
        cell: ({ id, lastFour = 'an older one' }) =>
          html`<a href="${visit.href(paths.revokeApiKey(holder.id, id))}" aria-label="Revoke the API key ${lastFour} of ${singleLine(displayNameOf(holder))}">Revoke</a>`,
      },
    ],
  });
