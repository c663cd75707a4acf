import { createHash } from 'node:crypto';
import { STYLES } from '../styles.ts';
import { GRAPH_STYLES } from './graph/styles.ts';

/** What the console has beside the pages behind mailed links: its head, lists that are tables on wide screens, print. */
const OWN = `
[hidden] { display: none !important; }
body { max-width: 84rem; }
main { max-width: 60rem; }
body.wide main { max-width: none; }
.skip { position: absolute; left: -999rem; padding: .75rem 1rem; background: var(--raised); }
.skip:focus { left: .5rem; top: .5rem; z-index: 1; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.top { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .25rem 1rem; padding: .5rem 0;
  border: 0; }
.top p { margin: 0; }
.top a, nav.console a, .go, .pager a { display: inline-flex; align-items: center; min-height: 2.75rem; }
.top a { color: inherit; }
.self { display: flex; flex-wrap: wrap; align-items: center; gap: 0 1rem; font-weight: 400; }
.self button { min-height: 2.75rem; padding: .25rem .875rem; }
nav.console { border-bottom: 1px solid var(--rule); border-top: 1px solid var(--rule); }
nav.console ul { list-style: none; display: flex; flex-wrap: wrap; gap: 0 1.25rem; padding: 0; }
nav.console li { padding: 0; }
nav.console a { padding: 0 .125rem; border-bottom: .1875rem solid transparent; text-decoration: none; }
nav.console a[aria-current] { border-color: var(--link); font-weight: 600; color: var(--text); }
main:focus { outline: 0; }
.notice { margin: 1rem 0; padding: .75rem 1rem; border-left: .25rem solid var(--good); background: var(--raised);
  border-radius: .25rem; }
.card { border: 1px solid var(--rule); border-radius: .5rem; padding: .25rem 1rem 1rem; margin: 1.5rem 0; }
h3 { margin: 1.5rem 0 .25rem; padding: 0; border: 0; }
.card h3 { margin-top: .75rem; }
.narrow { max-width: 30rem; }
select { font: inherit; color: inherit; background: var(--ground); width: 100%; min-height: 2.75rem; padding: .5rem .75rem;
  border: 1px solid var(--line); border-radius: .375rem; }
button.first, a.button { background: var(--link); border: 2px solid var(--link); color: var(--ground); }
a.button { display: inline-flex; align-items: center; justify-content: center; min-height: 3rem; padding: .5rem 1rem;
  border-radius: .375rem; font-weight: 600; text-decoration: none; }
a.button.second { background: var(--raised); border-color: var(--line); color: var(--text); }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0; }
button.copy { min-height: 1.75rem; padding: 0 .625rem; font-size: .875rem; font-weight: 400; border-width: 1px; }
fieldset { border: 1px solid var(--rule); border-radius: .5rem; padding: 0 1rem 1rem; margin: 1.25rem 0 0; min-width: 0; }
legend { font-weight: 600; padding: 0 .25rem; }
.submit { margin-top: 1.5rem; }
.deed { margin: 1.5rem 0; }
.filter .more { grid-column: 1 / -1; margin-top: 1rem; }
.filter .more summary { min-height: 2.75rem; align-content: center; }
.filter .more + .submit { margin-top: .25rem; }
.filter button { min-height: 2.75rem; padding: .25rem 1rem; }
thead th { overflow-wrap: normal; vertical-align: bottom; }
.filter { display: grid; gap: 0 1rem; align-items: end; margin: 1rem 0; padding: 0 1rem 1rem; background: var(--raised);
  border-radius: .5rem; }
.filter .submit { display: flex; gap: 1rem; align-items: center; }
@media (min-width: 40rem) { .filter { grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); } }
.tag { display: inline-block; margin: .0625rem 0; padding: 0 .5rem; border: 1px solid currentColor; border-radius: 1rem; font-size: .875rem;
  font-weight: 600; white-space: nowrap; }
.tag.quiet { color: var(--quiet); }
.tag.good { color: var(--good); }
.tag.danger { color: var(--danger); }
.tag.waiting { color: var(--note); }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
caption { text-align: left; color: var(--quiet); padding: .25rem 0; }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--rule); }
tbody th { font-weight: 600; }
@media (min-width: 40rem) { tbody th { min-width: 11rem; } }
/* Words whole where there is room, up to a width that no single one makes wider than the page. */
@media (min-width: 76rem) {
  th, td { overflow-wrap: break-word; max-width: 12rem; }
  td button { white-space: nowrap; }
  td code { overflow-wrap: anywhere; }
  .even table { table-layout: fixed; }
}
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; }
th.number, td.number { padding-right: 1.5rem; }
td button { min-height: 2.75rem; padding: .25rem .75rem; }
th a, td a { display: inline-block; max-width: 100%; }
@media (max-width: 39.99rem) {
  table, caption, tbody, tr, th, td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { padding: .5rem 0; border-bottom: 1px solid var(--rule); }
  th, td, th.number, td.number { border: 0; padding: .125rem 0; text-align: left; }
  th a, td a { padding: .625rem 0; }
  td::before { content: attr(data-label) ": "; color: var(--quiet); }
}
.pager { display: flex; flex-wrap: wrap; gap: 0 1.5rem; margin: 1rem 0; }
footer { margin-top: 3rem; padding-top: .75rem; border-top: 1px solid var(--rule); color: var(--quiet); }
@media print {
  :root { color-scheme: light; --ground: #fff; --raised: #fff; --text: #000; --quiet: #333; --rule: #999; --line: #666;
    --link: #000; --danger: #000; --danger-ground: #fff; --note: #000; --note-ground: #fff; --good: #000; }
  body, body.wide { max-width: none; padding: 0; }
  .skip, nav, .self, .filter, .pager, form, .copy, .notice { display: none; }
  .go { display: none; }
  html { font-size: 87.5%; }
  table { font-size: .875rem; }
  th, td { overflow-wrap: break-word; max-width: 12rem; padding: .25rem .75rem .25rem 0; }
  td code { overflow-wrap: anywhere; }
  tbody th, body.wide tbody th { min-width: 0; }
  details::details-content { content-visibility: visible; }
  tr, li, dl > div, .card { break-inside: avoid; }
  h1, h2, h3, caption { break-after: avoid; }
}
`;

/** The console's whole style sheet. */
export const CONSOLE_STYLES = `${STYLES}${OWN}${GRAPH_STYLES}`;

/** What the Content-Security-Policy allows as the only style sheet. */
export const CONSOLE_STYLES_HASH = `sha256-${createHash('sha256').update(CONSOLE_STYLES).digest('base64')}`;
