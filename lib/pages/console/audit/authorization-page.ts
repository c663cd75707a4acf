import { html } from 'hono/html';
import type { Authorization, DecidedThrough } from '../../../domain/authorization.ts';
import { decidedAt, decidedBy } from '../../../domain/authorization-filter.ts';
import { displayNameOf, type Person } from '../../../domain/person.ts';
import { whatIsLeft } from '../../../mails/consequences.ts';
import { nameOf, singleLine } from '../../../mails/words.ts';
import type { AuthorizationHistory } from '../../../operations/authorization-history.ts';
import type { WhoCouldApprove } from '../../../operations/who-could-approve.ts';
import type { Html } from '../../layout.ts';
import { lossList, row, time, typed } from '../../parts.ts';
import { changeList } from '../../resources.ts';
import { filterForm, formErrors, formField } from '../fields.ts';
import { consoleLayout } from '../layout.ts';
import type { Visit } from '../page.ts';
import { copyable, statusTag } from '../parts.ts';
import { paths } from '../paths.ts';
import { eventsTable, timelineList, timelineOf } from '../timeline.ts';
import { type ActionContext, actionLinks } from './actions.ts';
import { approversSection } from './approvers.ts';
import { pictureSection } from './picture.ts';
import { TIME_HINT } from './time-field.ts';

export interface AuthorizationPage extends AuthorizationHistory, ActionContext {
  readonly approvers: WhoCouldApprove;
  readonly atError: string | undefined;
}

export type Names = { readonly [personId: string]: string };

/** What people know everybody by, those removed included. */
export const namesOf = (people: readonly Person[]): Names =>
  Object.fromEntries(people.map((person) => [person.id, displayNameOf(person)]));

/** Everything about one authorization, for whoever asks, decides or looks into it later. */
export function authorizationPage(visit: Visit, view: AuthorizationPage): Html {
  const { authorization, key, people, approvers, atError } = view;
  const { manifest, keyId, id } = authorization;
  const names = namesOf(people);
  const entries = timelineOf(view);
  const title = `Deletion of “${singleLine(manifest.name)}”`;
  return consoleLayout({
    visit,
    title: atError === undefined ? title : `Error: ${title}`,
    current: paths.authorizations,
    main: html`${formErrors(atError === undefined ? undefined : { at: atError })}
<h1>Deletion of “${typed(manifest.name)}”</h1>
<p>${statusTag(authorization.status)} ${untilWhen(authorization)}</p>
${authorization.status === 'consumed' && html`<p>${whatIsLeft(authorization, key)}</p>`}
${actionLinks(visit, view)}
<h2>The request</h2>
${requestFacts(authorization, names)}
${changesSince(authorization)}
<h2>${authorization.status === 'consumed' ? 'What was lost' : 'What would be lost'}</h2>
${lossList(manifest)}
<h2 id="approvers">Who could ${authorization.status === 'pending' ? 'approve' : 'have approved'}</h2>
${approversSection(approvers)}
${filterForm(
  visit,
  formField({
    name: 'at',
    label: 'At another time',
    hint: TIME_HINT,
    value: visit.query.get('at') ?? '',
    error: atError,
    maxLength: 40,
  }),
)}
<h2>The way through the workflow</h2>
${pictureSection(view.executions)}
<h2>Time line</h2>
${timelineList(entries, names)}
<h2>As a table</h2>
<details><summary>Show the table of events</summary>
${eventsTable(entries, names)}
</details>
<p><a class="go" href="${visit.href(paths.evidence(keyId, id))}">Evidence, to print</a></p>`,
  });
}

function untilWhen(authorization: Authorization): Html | '' {
  switch (authorization.status) {
    case 'pending':
      return html`until ${time(authorization.windowEndsAt)}`;
    case 'lapsed':
    case 'drifted':
      return html`can be asked for again until ${time(authorization.reauthorizeEndsAt)}`;
    case 'consumed':
      // It may live again since.
      return html`at ${time(authorization.endedAt)}`;
    default:
      return 'endedAt' in authorization ? html`since ${time(authorization.endedAt)}` : '';
  }
}

export function requestFacts(authorization: Authorization, names: Names): Html {
  const { manifest, round, requester, requestedAt, formerRequesters = [], manifestDigest } = authorization;
  const person = (id: string) => typed(nameOf(id, names));
  const by = decidedBy(authorization);
  const at = decidedAt(authorization);
  return html`<dl>
${row('Asked for by', person(requester))}
${formerRequesters.length > 0 && row('In earlier rounds by', html`${formerRequesters.map((id, i) => html`${i > 0 && ', '}${person(id)}`)}`)}
${row('Asked for at', time(requestedAt))}
${manifest.reason !== undefined && row('Reason', typed(manifest.reason))}
${manifest.ticket !== undefined && row('Ticket', typed(manifest.ticket))}
${row('Round', html`${round}`)}
${row('To be approved until', time(authorization.windowEndsAt))}
${by !== undefined && at !== undefined && row(DECIDED[authorization.status] ?? 'Decided by', html`${person(by)}, ${time(at)}${'decidedThrough' in authorization && html`, through ${THROUGH[authorization.decidedThrough]}`}`)}
${'note' in authorization && authorization.note !== undefined && row('Note', typed(authorization.note))}
${'why' in authorization && row('Why it was not carried out', typed(authorization.why))}
${row('Manifest digest', copyable(manifestDigest, 'the manifest digest'))}
${row('Authorization id', copyable(authorization.id, 'the id of the authorization'))}
</dl>`;
}

const THROUGH: { readonly [through in DecidedThrough]: string } = {
  api: 'the API',
  link: 'the mailed link',
  console: 'the console',
};

const DECIDED: { readonly [status in Authorization['status']]?: string } = {
  approved: 'Approved by',
  destroying: 'Approved by',
  consumed: 'Approved by',
  denied: 'Denied by',
  withdrawn: 'Withdrawn by',
};

function changesSince({ round, sinceLastRound, ...authorization }: Authorization): Html {
  const changes = 'changes' in authorization ? authorization.changes : undefined;
  return html`${
    sinceLastRound !== undefined &&
    html`<h3>Since the last round</h3>
${sinceLastRound.length === 0 ? html`<p>What would be lost is the same as in round ${round - 1}.</p>` : changeList(sinceLastRound)}`
  }
${
  changes !== undefined &&
  html`<h3>What has changed since it was asked for</h3>
${changes.length === 0 ? html`<p>Nothing that can be named.</p>` : changeList(changes)}`
}`;
}
