import { html } from 'hono/html';
import { type Html, layout } from './layout.ts';

/** A page that tells one thing and nothing about any key, link or instance. */
export const messagePage = (title: string, sentence: string): Html =>
  layout({
    title,
    main: html`<h1>${title}</h1>
<p>${sentence}</p>`,
  });

/** The same for a link that never was, one that is mistyped, and one whose person has gone. */
export const LINK_UNKNOWN = messagePage(
  'This link does not lead anywhere',
  'Check that the whole link was copied from the mail. If it was, ask whoever runs Countersign for you.',
);
