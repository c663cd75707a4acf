import * as z from 'zod';
import { type Person, ROLES } from '../domain/person.ts';
import { addPerson, listPeople, removePerson } from '../operations/people.ts';
import { fields, readBody } from './body.ts';
import { answer, type Endpoint, NO_CONTENT, ok } from './endpoint.ts';

const ROLES_RULE = `at least one of ${ROLES.join(', ')}, each once`;
const roles = z
  .array(z.enum(ROLES, ROLES_RULE), ROLES_RULE)
  .min(1, ROLES_RULE)
  .refine((given) => new Set(given).size === given.length, ROLES_RULE);

/** RFC 5321, section 4.5.3.1.3: a path has at most 256 octets, with its angle brackets. */
const email = z.string('an e-mail address').max(254, 'an e-mail address');

const NEW_PERSON = fields({ email, roles });

/** Who belongs to the instance, and as what. */
export const PEOPLE: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/countersign/v1/people',
    operation: 'managePeople',
    failure: 'People could not be retrieved',
    handle: async ({ context, caller }) =>
      answer(await listPeople(context, caller), (people) => ok({ people: people.map(personJson) })),
  },
  {
    method: 'POST',
    path: '/countersign/v1/people',
    operation: 'managePeople',
    failure: 'Person could not be added',
    handle: async ({ context, caller, request }) => {
      const added = await addPerson(context, caller, await readBody(request, NEW_PERSON));
      return answer(added, ({ person, apiKey }) => ({
        status: 201,
        body: { ...personJson(person), apiKey },
      }));
    },
  },
  {
    method: 'DELETE',
    path: '/countersign/v1/people/:person',
    operation: 'managePeople',
    failure: 'Person could not be removed',
    handle: async ({ context, caller, request }) =>
      answer(await removePerson(context, caller, request.param('person') ?? ''), () => NO_CONTENT),
  },
];

const personJson = ({ id, email, kind, status, roles }: Person): object => ({
  id,
  email,
  kind,
  status,
  roles: ROLES.filter((role) => roles[role] !== undefined),
});
