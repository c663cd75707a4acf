import { html, raw } from 'hono/html';
import type { Instance } from '../domain/instance.ts';
import { singleLine } from '../mails/words.ts';
import { STYLES } from './styles.ts';

/** Escaped HTML. */
export type Html = ReturnType<typeof html>;

export interface Page {
  readonly title: string;
  /** Whose page it is; absent where nothing may be told. */
  readonly instance?: Instance;
  readonly main: Html;
}

/** A whole document, complete without scripts. */
export const layout = ({ title, instance, main }: Page): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex, nofollow">
<title>${title} – Countersign</title>
<style>${raw(STYLES)}</style>
</head>
<body>
<header>Countersign${instance && html` · <bdi>${singleLine(instance.name)}</bdi>`}</header>
<main>
${instance?.trial === true && TRIAL}
${main}
</main>
</body>
</html>
`;

export const TRIAL = html`<p class="banner"><strong>Trial instance.</strong> Its API keys were printed in a terminal. Do not keep real keys in it.</p>`;
