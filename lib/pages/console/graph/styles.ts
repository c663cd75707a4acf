/** How the picture of a state machine and time lines look; part of the console's one style sheet. */
export const GRAPH_STYLES = `
.graph { display: block; max-width: 100%; height: auto; margin: .5rem auto; font: 12px system-ui, sans-serif; }
.graph .state rect, .graph .state polygon { fill: var(--ground); stroke: var(--line); stroke-dasharray: 4 3; }
.graph text { fill: var(--quiet); }
.graph .entered rect, .graph .entered polygon { fill: var(--raised); stroke: var(--text); stroke-width: 1.5; stroke-dasharray: none; }
.graph .entered text { fill: var(--text); }
.graph .here rect, .graph .here polygon { stroke: var(--link); stroke-width: 4; }
.graph .end rect, .graph .end polygon { stroke-width: 4; }
.graph .failed rect, .graph .failed polygon { stroke: var(--danger); stroke-width: 4; }
.graph .way path { fill: none; stroke: var(--line); stroke-dasharray: 2 4; }
.graph .way polygon { fill: var(--line); }
.graph .taken path { stroke: var(--text); stroke-width: 2; stroke-dasharray: none; }
.graph .taken polygon { fill: var(--text); }
body.wide tbody th { min-width: 8rem; }
.timeline { list-style: none; margin: .5rem 0; padding: 0; }
.timeline li { padding: .375rem 0 .375rem .875rem; border-left: .1875rem solid var(--rule); }
.timeline li.person { border-color: var(--text); }
.timeline li.mail, .timeline li.opening { border-left-style: dashed; border-color: var(--line); }
@media (min-width: 40rem) { .timeline li { display: grid; grid-template-columns: 12rem 1fr; } }
.timeline .details { color: var(--quiet); }
`;
