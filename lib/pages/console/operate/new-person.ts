import { html } from 'hono/html';
import * as z from 'zod';
import { displayNameOf, type Person } from '../../../domain/person.ts';
import type { Decision } from '../../../domain/refusal.ts';
import { text } from '../../../http/text.ts';
import { type AddedPerson, addPerson } from '../../../operations/add-person.ts';
import { addService } from '../../../operations/add-service.ts';
import { listPeople } from '../../../operations/people.ts';
import type { Html } from '../../layout.ts';
import { row, typed } from '../../parts.ts';
import { formErrors, formField, selectField } from '../fields.ts';
import { csrfField, type FieldErrors, readForm, severalOf } from '../form.ts';
import { consoleLayout } from '../layout.ts';
import { type Answer, type ConsolePage, consolePage, page, type Visit } from '../page.ts';
import { copyable } from '../parts.ts';
import { PATTERNS, paths } from '../paths.ts';
import { refusedPage } from '../refused.ts';
import { grantOf, incomplete, NEW_GRANT, newGrantFields, REASON, ROLE, reasonField } from './grants.ts';
import { type Attempt, aboutTwo, done, filled, mistaken, refusedForm, roleTicks, titled } from './shared.ts';

/** Adding somebody, or a service with its owner. */
export const NEW_PERSON_PAGES: readonly ConsolePage[] = [
  consolePage({
    method: 'GET',
    path: PATTERNS.newPerson,
    who: 'managePeople',
    handle: (visit) => formPage(visit, visit.query.get('kind') === 'service' ? 'service' : 'user'),
  }),
  consolePage({ method: 'POST', path: PATTERNS.newPerson, who: 'managePeople', handle: add }),
];

type Kind = Person['kind'];

const EMAIL_RULE = 'Enter an e-mail address';

const COMMON = {
  roles: severalOf(ROLE),
  ...NEW_GRANT,
  reason: REASON,
};

const FORM = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('user'),
    email: z.string(EMAIL_RULE).trim().min(1, EMAIL_RULE).max(254, EMAIL_RULE),
    ...COMMON,
  }),
  z.object({
    kind: z.literal('service'),
    name: text(1, 90),
    owner: z.string('Choose an owner').min(1, 'Choose an owner').max(254, 'Choose an owner'),
    ...COMMON,
  }),
]);
type Form = z.output<typeof FORM>;

async function add(visit: Visit): Promise<Answer> {
  const kind: Kind = visit.form.get('kind') === 'service' ? 'service' : 'user';
  const read = readForm(visit, FORM);
  const errors = read.ok ? missing(read.value) : read.errors;
  if (!read.ok || Object.keys(errors).length > 0) return formPage(visit, kind, mistaken(visit, errors));
  const added = await carryOut(visit, read.value);
  if (!added.ok) return formPage(visit, kind, refusedForm(visit, added.refusal, ['email', 'name', 'owner']));
  const { person, apiKey } = added.value;
  if (apiKey !== undefined) return keyPage(visit, added.value, apiKey);
  return done(
    added.value,
    paths.person(person.id),
    person.kind === 'user' ? 'person-claims' : 'person-added',
  );
}

function missing(form: Form): FieldErrors {
  const errors = incomplete(form);
  if (Object.keys(errors).length > 0) return errors;
  return form.roles.length === 0 && form.newRole === undefined ? { roles: 'Choose at least one role' } : {};
}

function carryOut({ context, caller }: Visit, form: Form): Promise<Decision<AddedPerson>> {
  const narrow = grantOf(form);
  const what = {
    roles: form.roles,
    ...(narrow.length > 0 && { grants: narrow }),
    ...(form.reason !== undefined && { reason: form.reason }),
  };
  return form.kind === 'service'
    ? addService(context, caller, { name: form.name, owner: form.owner, ...what })
    : addPerson(context, caller, { email: form.email, ...what });
}

async function formPage(visit: Visit, kind: Kind, attempt?: Attempt): Promise<Answer> {
  const people = await listPeople(visit.context, visit.caller);
  if (!people.ok) return refusedPage(visit, people.refusal);
  const users = people.value.filter((person) => person.kind === 'user' && person.status === 'active');
  const title = kind === 'service' ? 'Add a service' : 'Add a person';
  const main = html`${formErrors(attempt?.errors)}
<h1>${title}</h1>
<p>${WHAT[kind]}</p>
<form method="post" action="${visit.href(paths.newPerson)}" class="narrow" novalidate>
${csrfField(visit)}
<input type="hidden" name="kind" value="${kind}">
${kind === 'user' ? emailField(attempt) : serviceFields(visit, users, attempt)}
${roleTicks('roles', attempt?.form.getAll('roles') ?? [], attempt?.errors.roles)}
${newGrantFields(attempt)}
${reasonField(attempt)}
${aboutTwo(visit.caller.instance, 'making somebody a Manager, or letting them purge')}
<div class="submit"><button type="submit" class="first">${title}</button></div>
</form>`;
  return page(
    consoleLayout({ visit, title: titled(title, attempt), current: paths.people, main }),
    attempt?.status ?? 200,
  );
}

const WHAT = {
  user: 'They are known by their e-mail address, and are mailed there when something waits for them.',
  service:
    'A program with an API key of its own. To every rule that asks for two people it is its owner, for good.',
} as const;

const emailField = (attempt: Attempt | undefined): Html =>
  formField({
    name: 'email',
    label: 'E-mail address',
    type: 'email',
    value: filled(attempt, 'email'),
    error: attempt?.errors.email,
    maxLength: 254,
    required: true,
  });

const serviceFields = (
  { caller }: Visit,
  users: readonly Person[],
  attempt: Attempt | undefined,
): Html => html`
${formField({ name: 'name', label: 'Name', value: filled(attempt, 'name'), error: attempt?.errors.name, maxLength: 90, required: true })}
${selectField({
  name: 'owner',
  label: 'Owner',
  hint: 'Only the owner gets its API keys',
  value: filled(attempt, 'owner', caller.person.id),
  error: attempt?.errors.owner,
  options: users.map((user) => [user.id, displayNameOf(user)] as const),
})}`;

/** The API key is in this answer alone, and in no address: whoever loads it again is told that they are there already. */
function keyPage(visit: Visit, { person, waits, exempt }: AddedPerson, apiKey: string): Answer {
  const title = `API key of ${displayNameOf(person)}`;
  const main = html`<h1>API key of ${typed(displayNameOf(person))}</h1>
<p class="stake"><strong>It is shown this once.</strong> ${person.kind === 'user' ? 'Give it to them on a way that nobody else reads, and have them make one of their own and revoke this one.' : 'Put it where the service reads it.'} Whoever has it acts in their name.</p>
<dl>
${row('API key', copyable(apiKey, 'the API key'))}
${row('Instance id', copyable(visit.caller.instance.id, 'the id of the instance'))}
</dl>
${waits !== undefined && html`<p><strong>Not everything yet:</strong> the roles Manager and KeyPurge wait for a second Manager. <a href="${visit.href(paths.changeRequest(waits.id))}">Look at the change request</a></p>`}
${exempt !== undefined && html`<p>They have all their roles at once, because this is a trial. Once it has ended, Manager and KeyPurge need a second Manager.</p>`}
<p><a class="go" href="${visit.href(paths.person(person.id))}">Go to their page</a></p>`;
  return page(consoleLayout({ visit, title, current: paths.people, main }));
}
