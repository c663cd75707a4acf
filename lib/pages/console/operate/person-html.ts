import { html } from 'hono/html';
import type { ChangeRequest } from '../../../domain/change-request.ts';
import { requestsFrozen } from '../../../domain/frozen-requests.ts';
import { displayNameOf, grantsOf, type Person, principalOf, ROLES } from '../../../domain/person.ts';
import { singleLine } from '../../../mails/words.ts';
import type { ApiKey } from '../../../operations/credentials.ts';
import type { Html } from '../../layout.ts';
import { row, time, typed } from '../../parts.ts';
import { formErrors, formField, tickField } from '../fields.ts';
import { csrfField } from '../form.ts';
import { consoleLayout } from '../layout.ts';
import type { Visit } from '../page.ts';
import { copyable, table } from '../parts.ts';
import { paths } from '../paths.ts';
import { apiKeyTable } from './api-key-table.ts';
import { nameOfGrant, newGrantFields, reasonField } from './grants.ts';
import { identityRows } from './identity.ts';
import { approvesWords, kindWords } from './people.ts';
import {
  type Attempt,
  aboutTwo,
  filled,
  namesOf,
  personTags,
  roleTicks,
  scopeText,
  scopeWords,
  titled,
} from './shared.ts';

export interface PersonView {
  readonly person: Person;
  readonly people: readonly Person[];
  readonly apiKeys: readonly ApiKey[];
  /** Change requests about them that wait for a second Manager. */
  readonly waiting: readonly ChangeRequest[];
  readonly undelivered: number;
}

/** One person or service: who they are, what they may do, and what can be done about them. */
export function personHtml(visit: Visit, view: PersonView, attempt?: Attempt): Html {
  const { person, waiting, apiKeys } = view;
  const name = singleLine(displayNameOf(person));
  const main = html`${formErrors(attempt?.errors)}
<h1>${typed(name)}</h1>
<p>${personTags(person)}</p>
${waiting.map(({ id, requestedAt }) => html`<p class="notice">Something about them waits for a second Manager since ${time(requestedAt)}. <a href="${visit.href(paths.changeRequest(id))}">Look at the change request</a></p>`)}
${facts(visit, view)}
<h2>Roles</h2>
${rolesTable(visit, person)}
<h2>Change</h2>
${changeForm(visit, person, attempt)}
<h2>API keys</h2>
${apiKeyTable(visit, person, apiKeys)}
<h2>More</h2>
${actions(visit, person)}`;
  return consoleLayout({ visit, title: titled(name, attempt), current: paths.people, main });
}

function facts(visit: Visit, { person, people, undelivered }: PersonView): Html {
  const names = namesOf(people);
  const services = people.filter(({ owner }) => owner === person.id);
  const { instance } = visit.caller;
  return html`<dl>
${row('Kind', kindWords(person, names))}
${person.kind === 'user' && row('E-mail address', html`${typed(person.email)}${person.addressSince !== undefined && html`, since ${time(person.addressSince)}`}`)}
${services.length > 0 && row('Their services', html`${services.map((service, i) => html`${i > 0 && ', '}<a href="${visit.href(paths.person(service.id))}">${typed(displayNameOf(service))}</a>`)}`)}
${identityRows(visit, person)}
${row('Can approve', html`${approvesWords(person, instance, visit.context.clock.now())}`)}
${undelivered > 0 && row('Undelivered mail', html`<a href="${visit.href(`${paths.mails}?${new URLSearchParams({ person: person.id }).toString()}`)}">${undelivered}</a>`)}
${row('Id', copyable(person.id, 'the id'))}
</dl>`;
}

const rolesTable = (visit: Visit, person: Person): Html =>
  table({
    caption: 'What they may do, and since when',
    rows: grantsOf(person),
    empty: 'They have no role.',
    columns: [
      { label: 'Role', heading: true, cell: ({ role }) => role },
      { label: 'On', cell: ({ on }) => scopeWords(visit, on) },
      { label: 'Since', cell: ({ grantedAt }) => time(grantedAt) },
    ],
  });

function changeForm(visit: Visit, person: Person, attempt: Attempt | undefined): Html {
  const held = ROLES.filter((role) => person.roles[role] !== undefined);
  const narrow = person.grants ?? [];
  const kept = attempt?.form.getAll('grants') ?? narrow.map(nameOfGrant);
  return html`<form method="post" action="${visit.href(paths.person(person.id))}" class="narrow" novalidate>
${csrfField(visit)}
<input type="hidden" name="do" value="change">
${held.map((role) => html`<input type="hidden" name="hadRoles" value="${role}">`)}
${narrow.map((grant) => html`<input type="hidden" name="hadGrants" value="${nameOfGrant(grant)}">`)}
${person.kind === 'user' && emailField(person, attempt)}
${roleTicks('roles', attempt?.form.getAll('roles') ?? held, attempt?.errors.roles)}
${
  narrow.length > 0 &&
  html`<fieldset>
<legend>Roles on parts of the instance</legend>
<p class="hint">Take the tick away to take the role away.</p>
${narrow.map((grant, i) => tickField({ name: 'grants', id: `grants-${i}`, label: `${grant.role} on ${singleLine(scopeText(grant.on))}`, value: nameOfGrant(grant), checked: kept.includes(nameOfGrant(grant)) }))}</fieldset>`
}
${newGrantFields(attempt)}
${reasonField(attempt)}
${aboutTwo(visit.caller.instance, 'making somebody Manager or KeyPurge of more, or changing the address of one')}
<div class="submit"><button type="submit" class="first">Save</button></div>
</form>`;
}

const emailField = ({ email }: Person, attempt: Attempt | undefined): Html => html`
<input type="hidden" name="hadEmail" value="${email}">
${formField({ name: 'email', label: 'E-mail address', type: 'email', value: filled(attempt, 'email', email), error: attempt?.errors.email, maxLength: 254, hint: 'Links that were mailed to the one before open nothing any more' })}`;

function actions(visit: Visit, person: Person): Html {
  const stopped = requestsFrozen(person);
  const own = principalOf(person) === principalOf(visit.caller.person);
  const isFrozen = person.status === 'frozen';
  const claims = person.kind === 'user' && person.status === 'active';
  return html`<form method="post" action="${visit.href(paths.person(person.id))}" class="narrow">
${csrfField(visit)}
<div class="buttons">
${stopped && !own && html`<button type="submit" name="do" value="lift" aria-describedby="lift-hint">Lift the stop of their requests</button>`}
${claims && html`<button type="submit" name="do" value="claim">Send a new link to an API key</button>`}
${isFrozen ? html`<button type="submit" name="do" value="unfreeze">Let them act again</button>` : html`<button type="submit" name="do" value="freeze" aria-describedby="freeze-hint">Freeze</button>`}
</div>
${stopped && html`<p class="hint after" id="lift-hint">${own ? 'A Manager did not expect something that you asked for. Another Manager lifts that.' : 'A Manager did not expect something that they asked for. What they asked for before does not count again.'}</p>`}
${!isFrozen && html`<p class="hint after" id="freeze-hint">Whoever is frozen can do nothing, and nothing that they asked for or approved counts. One Manager freezes at once.</p>`}
</form>
${isFrozen && aboutTwo(visit.caller.instance, 'letting a Manager or a KeyPurge act again')}
<p><a class="go" href="${visit.href(paths.removePerson(person.id))}">Remove them</a></p>`;
}

/** What is asked before somebody is removed, who cannot be brought back. */
export function removalHtml(visit: Visit, person: Person): Html {
  const name = singleLine(displayNameOf(person));
  const title = `Remove “${name}”?`;
  const main = html`<h1>Remove “${typed(name)}”?</h1>
<p class="stake"><strong>This cannot be undone.</strong> Their API keys and sessions end at once. What they asked for or approved and is not carried out yet does not count any more. Whoever comes back is added anew, as somebody else.</p>
<p>To stop somebody for a while, freeze them instead.</p>
<form method="post" action="${visit.href(paths.removePerson(person.id))}">
${csrfField(visit)}
<div class="buttons">
<a class="button" href="${visit.href(paths.person(person.id))}">Keep them</a>
<button type="submit" class="danger">Remove them</button>
</div>
</form>`;
  return consoleLayout({ visit, title, current: paths.people, main });
}
