import * as z from 'zod';
import { requestsFrozen } from '../domain/frozen-requests.ts';
import { KEY_RING_RULE } from '../domain/key-ring.ts';
import { MOST_GRANTS, type Person, ROLES } from '../domain/person.ts';
import type { AddedPerson } from '../operations/add-person.ts';
import { PERSON } from './answer-schemas.ts';
import { isoTime } from './authorization.ts';
import { fields } from './body.ts';
import { EXEMPT, outcomeJson, reason, WAITS } from './change-request.ts';
import { text } from './text.ts';

const ROLES_RULE = `at least one of ${ROLES.join(', ')}, each once`;
const roles = z
  .array(z.enum(ROLES, ROLES_RULE), ROLES_RULE)
  .min(1, ROLES_RULE)
  .refine((given) => new Set(given).size === given.length, ROLES_RULE)
  .meta({ uniqueItems: true });

/** RFC 5321, section 4.5.3.1.3: a path has at most 256 octets, with its angle brackets. */
const email = z
  .string('an e-mail address')
  .max(254, 'an e-mail address')
  .meta({ format: 'email', examples: ['mia@example.com'] });

const KEY_RULE = 'the id or an alias of a key';
const ROLE_RULE = `one of ${ROLES.join(', ')}`;
const GRANT_RULE = `a role on one key (\`key\`) or on one key ring (\`keyRing\`), at most ${MOST_GRANTS} of them`;

const grant = fields({
  role: z.enum(ROLES, ROLE_RULE),
  key: z.string(KEY_RULE).min(1, KEY_RULE).max(255, KEY_RULE).optional(),
  keyRing: z.string(KEY_RING_RULE).min(1, KEY_RING_RULE).max(100, KEY_RING_RULE).optional(),
});

const isOnOnePart = ({ key, keyRing }: z.output<typeof grant>): boolean =>
  (key === undefined) !== (keyRing === undefined);

/** On parts of the instance alone. */
const narrowGrants = z
  .array(grant.refine(isOnOnePart, GRANT_RULE), GRANT_RULE)
  .min(1, GRANT_RULE)
  .max(MOST_GRANTS, GRANT_RULE);

const ANY_GRANT_RULE = 'roles, each on the instance, on one key (`key`) or on one key ring (`keyRing`)';
const anyGrants = z
  .array(
    grant.refine(({ key, keyRing }) => key === undefined || keyRing === undefined, ANY_GRANT_RULE),
    ANY_GRANT_RULE,
  )
  .max(2 * MOST_GRANTS, ANY_GRANT_RULE);

const OWNER_RULE = 'the e-mail address or id of a user';

/** Somebody to add: a user by their address, or a service by its name and owner. */
export const NEW_PERSON = fields({
  kind: z.enum(['user', 'service'], 'user or service').optional(),
  email: email.optional(),
  name: text(1, 90).optional(),
  owner: z.string(OWNER_RULE).min(1, OWNER_RULE).max(254, OWNER_RULE).optional(),
  roles: roles.optional(),
  grants: narrowGrants.optional(),
  reason,
}).superRefine((given, context) => {
  const must = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  const isService = given.kind === 'service';
  if (!isService && given.email === undefined) must('email', 'an e-mail address');
  if (isService && given.email !== undefined) must('email', 'left out: a service has none');
  if (isService && given.name === undefined) must('name', 'what the service is called');
  if (!isService && given.name !== undefined) must('name', 'left out: it is for services');
  if (isService && given.owner === undefined) must('owner', OWNER_RULE);
  if (!isService && given.owner !== undefined) must('owner', 'left out: it is for services');
  if (given.roles === undefined && given.grants === undefined) must('roles', ROLES_RULE);
});

/** What is to become different about somebody; what is left out stays. */
export const PERSON_CHANGE = fields({
  grant: anyGrants.optional(),
  revoke: anyGrants.optional(),
  status: z.enum(['active', 'frozen'], 'active or frozen').optional(),
  email: email.optional(),
  reason,
});

export const personJson = (person: Person): object => {
  const { id, kind, name, owner, roles: held, grants = [] } = person;
  return {
    id,
    ...(kind === 'user' ? { email: person.email } : { name, owner }),
    kind,
    status: person.ownerGone === true && person.status === 'active' ? 'frozen' : person.status,
    roles: ROLES.filter((role) => held[role] !== undefined),
    ...(person.claim !== undefined && { claim: 'mailed' }),
    ...(person.keyShownIn !== undefined && { apiKeyShownIn: person.keyShownIn }),
    ...(person.signsInAs !== undefined && {
      signsInAs: {
        ...person.signsInAs,
        ...(person.identitySince !== undefined && { since: isoTime(person.identitySince) }),
      },
    }),
    ...(requestsFrozen(person) && { requestsFrozenAt: isoTime(person.requestsFrozenAt ?? 0) }),
    ...(grants.length > 0 && {
      grants: grants.map(({ role, on, grantedAt }) => ({ role, ...on, grantedAt: isoTime(grantedAt) })),
    }),
  };
};

export const PERSON_WITH_KEY = PERSON.extend({
  apiKey: z.string().optional().meta({
    description: 'Absent where it is claimed through the mailed link, and for a service of somebody else',
  }),
  ...WAITS,
  ...EXEMPT,
});

export const CHANGED_PERSON = PERSON.extend({ ...WAITS, ...EXEMPT });

export const addedJson = (added: AddedPerson): object => ({
  ...personJson(added.person),
  ...(added.apiKey !== undefined && { apiKey: added.apiKey }),
  ...outcomeJson(added),
});
