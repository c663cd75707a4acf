import { html, raw } from 'hono/html';
import { displayNameOf } from '../../domain/person.ts';
import { type Html, TRIAL } from '../layout.ts';
import { typed } from '../parts.ts';
import { csrfField } from './form.ts';
import { NOTICES } from './notices.ts';
import { isSignedIn, type OpenVisit, type Visit } from './page.ts';
import { paths } from './paths.ts';
import { SCRIPT } from './script.ts';
import { CONSOLE_STYLES } from './styles.ts';

export interface ConsoleDocument {
  readonly visit: OpenVisit;
  /** In the window's title, and best the page's heading as well. */
  readonly title: string;
  /** The path of the navigation's entry that this page belongs to. Default: the page's own path. */
  readonly current?: string;
  readonly main: Html;
  /** True: for tables of many columns. */
  readonly wide?: boolean;
}

/** A whole document of the console: who is there and where, what they may open, and what the page is about. */
export const consoleLayout = ({
  visit,
  title,
  current,
  main,
  wide,
}: ConsoleDocument): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex, nofollow">
<title>${title} – Countersign</title>
<style>${raw(CONSOLE_STYLES)}</style>
</head>
<body${wide === true && raw(' class="wide"')}>
<a class="skip" href="#main">Skip to the content</a>
${isSignedIn(visit) ? head(visit, current ?? visit.path) : html`<header class="top"><p>Countersign</p></header>`}
<main id="main" tabindex="-1">
${visit.caller?.instance.trial === true && TRIAL}
${visit.notice !== undefined && html`<p class="notice" role="status">${NOTICES[visit.notice]}</p>`}
${main}
</main>
<p id="status" class="unseen" role="status"></p>
<script>${raw(SCRIPT)}</script>
</body>
</html>
`;

const head = (visit: Visit, current: string): Html => html`<header class="top">
<p><a href="${visit.href(paths.home)}">Countersign</a> · ${typed(visit.caller.instance.name)}</p>
<div class="self">
${visit.session.several === true && html`<a href="${visit.href(paths.instances)}">Change instance</a>`}
<span>${typed(displayNameOf(visit.caller.person))}</span>
<form method="post" action="${visit.href(paths.signOut)}">${csrfField(visit)}<button type="submit">Sign out</button></form>
</div>
</header>
<nav class="console" aria-label="Console"><ul>
${visit.navigation.map(
  ({ path, label }) =>
    html`<li><a href="${visit.href(path)}"${path === current && html` aria-current="page"`}>${label}</a></li>
`,
)}</ul></nav>`;
