import * as z from 'zod';
import type { Person } from '../../../domain/person.ts';
import { accept, type Decision, refuse } from '../../../domain/refusal.ts';
import { changePerson } from '../../../operations/change-person.ts';
import { listChangeRequests } from '../../../operations/change-requests.ts';
import { sendClaim } from '../../../operations/claims.ts';
import { listApiKeys } from '../../../operations/credentials.ts';
import type { GrantRequest } from '../../../operations/grants.ts';
import { listPeople, removePerson } from '../../../operations/people.ts';
import { undeliveredByPerson } from '../../../operations/undelivered-mails.ts';
import { liftRequestsFreeze } from '../../../operations/unexpected.ts';
import { readForm, severalOf } from '../form.ts';
import { notFound, unreadable } from '../messages.ts';
import { type Answer, type ConsolePage, consolePage, page, seeOther, type Visit } from '../page.ts';
import { PATTERNS, paths } from '../paths.ts';
import { refusedPage } from '../refused.ts';
import { grantNamed, grantOf, incomplete, NEW_GRANT, REASON, ROLE } from './grants.ts';
import { type PersonView, personHtml, removalHtml } from './person-html.ts';
import { type Attempt, done, mistaken, refusedForm } from './shared.ts';

/** One person or service, and what can be done about them. */
export const PERSON_PAGES: readonly ConsolePage[] = [
  consolePage({
    method: 'GET',
    path: PATTERNS.person,
    who: 'managePeople',
    handle: (visit) => show(visit),
  }),
  consolePage({ method: 'POST', path: PATTERNS.person, who: 'managePeople', handle: change }),
  consolePage({
    method: 'GET',
    path: PATTERNS.removePerson,
    who: 'managePeople',
    handle: async (visit) => {
      const found = await personOf(visit);
      return found.ok ? page(removalHtml(visit, found.value.person)) : notFound(visit);
    },
  }),
  consolePage({
    method: 'POST',
    path: PATTERNS.removePerson,
    who: 'managePeople',
    handle: async (visit) => {
      const id = visit.param('personId');
      const removed = await removePerson(visit.context, visit.caller, id);
      if (removed.ok) return seeOther(paths.people, 'person-removed');
      return refusedPage(visit, removed.refusal, { path: paths.person(id), label: 'Back to the person' });
    },
  }),
];

const names = severalOf(z.string().max(300));

const FORM = z.discriminatedUnion('do', [
  z.object({
    do: z.literal('change'),
    email: z.string().trim().max(254, 'This is no e-mail address').optional(),
    hadEmail: z.string().optional(),
    roles: severalOf(ROLE),
    hadRoles: severalOf(ROLE),
    grants: names,
    hadGrants: names,
    ...NEW_GRANT,
    reason: REASON,
  }),
  z.object({ do: z.enum(['freeze', 'unfreeze', 'lift', 'claim']) }),
]);
type Form = z.output<typeof FORM>;
type Change = Extract<Form, { readonly do: 'change' }>;

async function change(visit: Visit): Promise<Answer> {
  const read = readForm(visit, FORM);
  if (!read.ok) return 'do' in read.errors ? unreadable(visit) : show(visit, mistaken(visit, read.errors));
  const form = read.value;
  return form.do === 'change' ? changeThem(visit, form) : act(visit, form.do);
}

/** What is different from what was shown, so that what others changed meanwhile stays as it is. */
async function changeThem(visit: Visit, form: Change): Promise<Answer> {
  const errors = incomplete(form);
  if (Object.keys(errors).length > 0) return show(visit, mistaken(visit, errors));
  const id = visit.param('personId');
  const grant = [
    ...form.roles.filter((role) => !form.hadRoles.includes(role)).map((role) => ({ role })),
    ...grantOf(form),
  ];
  const revoke = [
    ...form.hadRoles.filter((role) => !form.roles.includes(role)).map((role) => ({ role })),
    ...form.hadGrants.filter((name) => !form.grants.includes(name)).map(grantNamed),
  ].filter((one): one is GrantRequest => one !== undefined);
  const email = form.email === form.hadEmail ? undefined : form.email;
  if (grant.length + revoke.length === 0 && email === undefined) {
    return seeOther(paths.person(id), 'nothing-changed');
  }
  const changed = await changePerson(visit.context, visit.caller, id, {
    grant,
    revoke,
    email,
    reason: form.reason,
  });
  if (!changed.ok) return show(visit, refusedForm(visit, changed.refusal, ['email', 'newTarget']));
  return done(changed.value, paths.person(id), 'person-changed');
}

async function act(visit: Visit, what: Exclude<Form['do'], 'change'>): Promise<Answer> {
  const { context, caller } = visit;
  const id = visit.param('personId');
  const back = paths.person(id);
  switch (what) {
    case 'freeze':
    case 'unfreeze': {
      const status = what === 'freeze' ? 'frozen' : 'active';
      const changed = await changePerson(context, caller, id, { status });
      if (!changed.ok) return show(visit, refusedForm(visit, changed.refusal));
      return done(changed.value, back, what === 'freeze' ? 'person-frozen' : 'person-unfrozen');
    }
    case 'lift': {
      const lifted = await liftRequestsFreeze(context, caller, id);
      return lifted.ok ? seeOther(back, 'requests-lifted') : show(visit, refusedForm(visit, lifted.refusal));
    }
    case 'claim': {
      const sent = await sendClaim(context, caller, id);
      return sent.ok ? seeOther(back, 'claim-sent') : show(visit, refusedForm(visit, sent.refusal));
    }
    default:
      return what satisfies never;
  }
}

interface Found {
  readonly person: Person;
  readonly people: readonly Person[];
}

async function personOf({ context, caller, param }: Visit): Promise<Decision<Found>> {
  const people = await listPeople(context, caller);
  if (!people.ok) return people;
  const person = people.value.find(({ id }) => id === param('personId'));
  return person === undefined ? refuse('person-not-found') : accept({ person, people: people.value });
}

async function show(visit: Visit, attempt?: Attempt): Promise<Answer> {
  const { context, caller } = visit;
  const found = await personOf(visit);
  if (!found.ok) return notFound(visit);
  const { person, people } = found.value;
  const [apiKeys, changes, undelivered] = await Promise.all([
    listApiKeys(context, caller, person.id),
    listChangeRequests(context, caller, { status: 'pending', limit: 100 }),
    undeliveredByPerson(context, caller),
  ]);
  const view: PersonView = {
    person,
    people,
    apiKeys: apiKeys.ok ? apiKeys.value : [],
    waiting: (changes.ok ? changes.value.changeRequests : [])
      .map(({ request }) => request)
      .filter((request) => request.change.kind === 'person' && request.change.person === person.id),
    undelivered: (undelivered.ok ? undelivered.value.get(person.id) : undefined) ?? 0,
  };
  return page(personHtml(visit, view, attempt), attempt?.status ?? 200);
}
