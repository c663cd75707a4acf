import { html } from 'hono/html';
import { type Health, readHealth } from '../../../operations/health.ts';
import type { Check } from '../../../operations/readiness.ts';
import { MOST_COUNTED } from '../../../operations/undelivered-mails.ts';
import type { Html } from '../../layout.ts';
import { row, time, typed } from '../../parts.ts';
import { consoleLayout } from '../layout.ts';
import { type ConsolePage, consolePage, page, type Visit } from '../page.ts';
import { table, tag } from '../parts.ts';
import { PATTERNS, paths } from '../paths.ts';
import { answered } from '../refused.ts';

/** In seconds: how often a page that is left open looks again. */
const LOOK_AGAIN = 60;
/** In milliseconds: a sweep is begun every minute, and three that did not come are no accident. */
const SWEEP_LATE = 180_000;

/** How it is with what serves the instance. */
export const HEALTH_PAGES: readonly ConsolePage[] = [
  consolePage({
    method: 'GET',
    path: PATTERNS.health,
    who: 'manageInstance',
    handle: async (visit) =>
      answered(visit, await readHealth(visit.context, visit.caller), (health) =>
        page(healthHtml(visit, health)),
      ),
  }),
];

function healthHtml(visit: Visit, health: Health): Html {
  const title = 'Health';
  const failing = health.checks.filter(({ status }) => status === 'failing').length;
  const main = html`<h1>${title}</h1>
<div id="health" data-refresh="${LOOK_AGAIN}">
<p>${failing === 0 ? tag('requests are served', 'good') : tag('something is missing', 'danger')}</p>
${table({
  caption: 'What serving requests needs',
  rows: health.checks,
  empty: 'Nothing is looked at.',
  columns: [
    { label: 'What', heading: true, cell: ({ name }) => CHECKS[name] },
    { label: 'How it is', cell: checkCell },
  ],
})}
<h2>Mail</h2>
${mailFacts(visit, health)}
<h2>Work in the background</h2>
${workFacts(visit, health)}
${health.process !== undefined ? processFacts(health.process) : ON_AWS}
</div>`;
  return consoleLayout({ visit, title, main });
}

const CHECKS: { readonly [name in Check['name']]: string } = {
  store: 'Database',
  engine: 'Workflow engine',
  disk: 'Room on the disk',
  'master-key': 'Master key',
  mail: 'Mail server',
};

const checkCell = ({ status, problem }: Check): Html =>
  status === 'ok'
    ? tag('well', 'good')
    : html`${status === 'failing' ? tag('failing', 'danger') : tag('look at it', 'waiting')} ${problem !== undefined && typed(problem)}`;

function mailFacts(visit: Visit, { undelivered, process }: Health): Html {
  const link = (status: 'due' | 'given-up') => {
    const count = undelivered[status];
    return html`<a href="${visit.href(`${paths.mails}?status=${status}`)}">${count === MOST_COUNTED ? `${count} or more` : count}</a>`;
  };
  return html`<dl>
${row('Given up', link('given-up'))}
${row('Going to be tried again', link('due'))}
${process !== undefined && row('The mail server last took one', process.lastMail === undefined ? NOT_SINCE : time(process.lastMail))}
${process?.lastMailFailure !== undefined && row('It last did not', time(process.lastMailFailure))}
</dl>`;
}

const NOT_SINCE = html`not since the server was started`;

function workFacts(visit: Visit, { process, lastCheckpoint }: Health): Html {
  const now = visit.context.clock.now();
  return html`<dl>
${process !== undefined && row('Last sweep', sweepWords(process, now))}
${process !== undefined && row('Behind with', html`${process.overdue === 0 ? 'nothing' : `${process.overdue} ${process.overdue === 1 ? 'item' : 'items'} that the next sweep looks at`}`)}
${row('Last signed checkpoint of this instance', lastCheckpoint === undefined ? html`none yet` : time(lastCheckpoint))}
${process !== undefined && process.sinks.length > 0 && row('Events sent on', sinkWords(process.sinks))}
</dl>`;
}

type Process = NonNullable<Health['process']>;

function sweepWords({ lastSweep, startedAt }: Process, now: number): Html {
  if (lastSweep === undefined) {
    return now - startedAt > SWEEP_LATE ? tag('none since the server was started', 'danger') : NOT_SINCE;
  }
  const late = now - lastSweep.startedAt > SWEEP_LATE;
  return html`${time(lastSweep.startedAt)}, took ${lastSweep.milliseconds} ms${late && html` ${tag('late', 'danger')}`}`;
}

const sinkWords = (sinks: Process['sinks']): Html =>
  html`${sinks.map(({ lag, oldestAt, gone }) => {
    if (gone) return html`<div>${tag('wants no more', 'danger')} ${lag} not sent</div>`;
    return lag === 0
      ? html`<div>all of them</div>`
      : html`<div>${lag} not sent${oldestAt !== undefined && html`, the oldest of ${time(oldestAt)}`}</div>`;
  })}`;

const processFacts = ({ version, startedAt, lastBackup }: Process): Html => html`<h2>Server</h2>
<dl>
${row('Version', html`${version}`)}
${row('Started', time(startedAt))}
${row('Last backup', lastBackup === undefined ? html`none since the server was started; an earlier one, or a copy that was made without <code>countersign backup</code>, is not known here` : time(lastBackup))}
</dl>`;

const ON_AWS = html`<h2>On AWS</h2>
<p>The functions that serve this know nothing of each other. The sweeper, the workflow, mail and backups are watched by CloudWatch: look at the stack’s dashboard and its alarms.</p>`;
