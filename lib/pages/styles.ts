import { createHash } from 'node:crypto';

/**
 * The whole style sheet, in the page itself: one request, nothing from outside. Colours have a contrast of at least
 * 4.5:1 for text and 3:1 for borders and focus (WCAG 2.2, 1.4.3 and 1.4.11), targets are 44 px high.
 */
export const STYLES = `
:root { color-scheme: light dark; --ground: #fff; --raised: #f4f4f7; --text: #1b1b1f; --quiet: #55585f;
  --line: #74777f; --rule: #d5d6dc; --link: #0b57d0; --danger: #b3261e; --on-danger: #fff; --danger-ground: #fdf1f0;
  --note-ground: #fff7e0; --note: #6b5300; --good: #146c2e; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #131316; --raised: #1f1f24; --text: #e6e5ea; --quiet: #b3b5bd; --line: #8f919b; --rule: #3c3d44;
    --link: #a8c7fa; --danger: #f2b8b5; --on-danger: #5f1412; --danger-ground: #2e1715; --note-ground: #2a2412;
    --note: #f0d58a; --good: #7fd99a; }
}
* { box-sizing: border-box; }
html { font: 100%/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; background: var(--ground);
  color: var(--text); -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 44rem; padding: 0 1rem 3rem; overflow-wrap: anywhere; }
header { padding: .875rem 0; border-bottom: 1px solid var(--rule); color: var(--quiet); font-weight: 600; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 1.5rem 0 .75rem; }
h2 { font-size: 1.125rem; margin: 2rem 0 .5rem; }
p { margin: .5rem 0; }
a { color: var(--link); }
code { font: .9375em ui-monospace, "SF Mono", "DejaVu Sans Mono", monospace; }
dl { margin: 0; display: grid; border-top: 1px solid var(--rule); }
dl > div { display: grid; gap: 0 1rem; padding: .5rem 0; border-bottom: 1px solid var(--rule); }
@media (min-width: 36rem) { dl > div { grid-template-columns: 11rem 1fr; } }
dt { color: var(--quiet); }
dd { margin: 0; }
details { margin-top: .25rem; }
summary { color: var(--link); cursor: pointer; min-height: 1.5rem; }
details ul { margin: .25rem 0; padding-left: 1.25rem; }
.banner, .error, .stake { margin: 1rem 0; padding: .75rem 1rem; border-left: .25rem solid; border-radius: .25rem; }
.banner { background: var(--note-ground); border-color: var(--note); color: var(--note); }
.stake, .error { background: var(--danger-ground); border-color: var(--danger); }
.stake strong, .error h2, .field-error { color: var(--danger); }
.error h2 { margin: 0; }
.field-error { font-weight: 600; }
.outcome { font-size: 1.125rem; }
form { margin: 0; }
label { display: block; font-weight: 600; margin-top: 1.25rem; }
.hint { color: var(--quiet); margin: 0 0 .375rem; }
.hint.after { margin-top: 1rem; }
input, textarea { display: block; width: 100%; font: inherit; color: inherit; background: var(--ground);
  padding: .5rem .75rem; min-height: 2.75rem; border: 1px solid var(--line); border-radius: .375rem; }
label.tick { display: flex; gap: .75rem; align-items: center; min-height: 2.75rem; }
label.tick input { flex: none; width: 1.5rem; min-height: 1.5rem; height: 1.5rem; accent-color: var(--link); }
input.short { max-width: 14rem; font-family: ui-monospace, "SF Mono", "DejaVu Sans Mono", monospace; }
[aria-invalid] { border: 2px solid var(--danger); }
.buttons { display: grid; gap: .75rem; margin-top: 1.5rem; }
@media (min-width: 36rem) {
  .buttons { grid-template-columns: 1fr 1fr; }
  .buttons > :last-child:nth-child(odd) { grid-column: 1 / -1; }
}
button { font: inherit; font-weight: 600; min-height: 3rem; padding: .5rem 1rem; border-radius: .375rem; cursor: pointer;
  border: 2px solid var(--line); background: var(--raised); color: var(--text); }
button.danger { background: var(--danger); border-color: var(--danger); color: var(--on-danger); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.mails { list-style: none; margin: 0; padding: 0; border-top: 1px solid var(--rule); }
.mails li { padding: .75rem 0 .375rem; border-bottom: 1px solid var(--rule); }
h3 { font-size: 1rem; margin: 2rem 0 .25rem; padding-top: 1rem; border-top: 2px solid var(--rule); }
h4 { font-size: 1rem; margin: 1rem 0 .25rem; color: var(--quiet); }
pre.code { font: .875em/1.5 ui-monospace, "SF Mono", "DejaVu Sans Mono", monospace; }
nav ul { margin: 0; padding-left: 1.25rem; }
nav li { padding: .375rem 0; }
nav summary { padding: .5rem 0; min-height: 2.75rem; }
pre { white-space: pre-wrap; font: inherit; background: var(--raised); padding: 1rem; border-radius: .375rem; }
`;

/** What the Content-Security-Policy allows as the only style sheet. */
export const STYLES_HASH = `sha256-${createHash('sha256').update(STYLES).digest('base64')}`;
