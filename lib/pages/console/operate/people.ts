import { html } from 'hono/html';
import { personApprovesFrom } from '../../../domain/approves-from.ts';
import type { Instance } from '../../../domain/instance.ts';
import { displayNameOf, grantsOf, isActive, type Person, type PersonId } from '../../../domain/person.ts';
import type { EpochMillis } from '../../../domain/time.ts';
import { listPeople } from '../../../operations/people.ts';
import { undeliveredByPerson } from '../../../operations/undelivered-mails.ts';
import type { Html } from '../../layout.ts';
import { time, typed } from '../../parts.ts';
import { consoleLayout } from '../layout.ts';
import { type Answer, type ConsolePage, consolePage, page, type Visit } from '../page.ts';
import { table } from '../parts.ts';
import { PATTERNS, paths } from '../paths.ts';
import { refusedPage } from '../refused.ts';
import { namesOf, personTags, scopeWords } from './shared.ts';

/** Who belongs to the instance, and as what. */
export const PEOPLE_PAGES: readonly ConsolePage[] = [
  consolePage({ method: 'GET', path: PATTERNS.people, who: 'managePeople', handle: peoplePage }),
];

async function peoplePage(visit: Visit): Promise<Answer> {
  const [people, undelivered] = await Promise.all([
    listPeople(visit.context, visit.caller),
    undeliveredByPerson(visit.context, visit.caller),
  ]);
  if (!people.ok) return refusedPage(visit, people.refusal);
  const mails = undelivered.ok ? undelivered.value : new Map<PersonId, number>();
  const names = namesOf(people.value);
  const title = 'People';
  const main = html`<h1>${title}</h1>
<p>Who may do what here. A Manager approves what others ask for; services act for their owners.</p>
<p class="actions"><a class="button" href="${visit.href(paths.newPerson)}">Add a person</a> <a class="button second" href="${visit.href(`${paths.newPerson}?kind=service`)}">Add a service</a></p>
${table({
  caption: 'People and services of this instance',
  rows: people.value,
  empty: 'There is nobody.',
  columns: [
    {
      label: 'Who',
      heading: true,
      cell: (person) =>
        html`<a href="${visit.href(paths.person(person.id))}">${typed(displayNameOf(person))}</a>${person.kind === 'service' && html`<div>${kindWords(person, names)}</div>`}`,
    },
    { label: 'State', cell: (person) => personTags(person) },
    { label: 'Roles', cell: (person) => rolesCell(visit, person) },
    {
      label: 'Can approve',
      cell: (person) => approvesWords(person, visit.caller.instance, visit.context.clock.now()),
    },
    { label: 'Undelivered mail', cell: ({ id }) => mailsCell(visit, id, mails.get(id) ?? 0) },
  ],
})}`;
  return page(consoleLayout({ visit, title, main, wide: true }));
}

export const kindWords = ({ kind, owner }: Person, names: ReadonlyMap<PersonId, string>): Html =>
  kind === 'user'
    ? html`person`
    : html`service of ${typed(names.get(owner ?? '') ?? 'somebody who is gone')}`;

function rolesCell(visit: Visit, person: Person): Html {
  const grants = grantsOf(person);
  return grants.length === 0
    ? html`none`
    : html`${grants.map(({ role, on, grantedAt }) => html`<div>${role} on ${scopeWords(visit, on)} since ${time(grantedAt)}</div>`)}`;
}

/** From when on what is asked for is theirs to approve. */
export function approvesWords(person: Person, instance: Instance, now: EpochMillis): Html | string {
  const from = personApprovesFrom(person, instance);
  if (from === undefined) return '–';
  if (!isActive(person)) return 'not while it does not count';
  if (person.kind === 'service' && instance.serviceApprovals !== true)
    return 'no: services do not approve here';
  return from <= now ? html`yes` : html`what is asked for from ${time(from)} on`;
}

const mailsCell = (visit: Visit, id: PersonId, count: number): Html | string =>
  count === 0
    ? '–'
    : html`<a href="${visit.href(`${paths.mails}?${new URLSearchParams({ person: id }).toString()}`)}">${count} ${count === 1 ? 'mail' : 'mails'}</a>`;
