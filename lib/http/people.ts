import * as z from 'zod';
import { addPerson } from '../operations/add-person.ts';
import { addService } from '../operations/add-service.ts';
import { changePerson } from '../operations/change-person.ts';
import { listPeople, removePerson } from '../operations/people.ts';
import { PERSON } from './answer-schemas.ts';
import { outcomeJson } from './change-request.ts';
import { objectBody } from './describe.ts';
import { answer, type Endpoint, endpoint, NO_CONTENT, ok } from './endpoint.ts';
import {
  addedJson,
  CHANGED_PERSON,
  NEW_PERSON,
  PERSON_CHANGE,
  PERSON_WITH_KEY,
  personJson,
} from './person.ts';

/** Why a second Manager cannot even be asked. */
const ASKING = ['second-manager-missing', 'too-many-changes', 'requests-frozen'] as const;

/** Who belongs to the instance, and as what. */
export const PEOPLE: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    path: '/countersign/v1/people',
    operation: 'managePeople',
    failure: 'People could not be retrieved',
    id: 'listPeople',
    summary: 'List the people of the instance',
    tag: 'People',
    answers: { 200: { what: 'The people', schema: z.object({ people: z.array(PERSON) }) } },
    handle: async ({ context, caller }) =>
      answer(await listPeople(context, caller), (people) => ok({ people: people.map(personJson) })),
  }),
  endpoint({
    method: 'POST',
    path: '/countersign/v1/people',
    operation: 'managePeople',
    failure: 'Person could not be added',
    id: 'addPerson',
    summary: 'Add somebody to the instance, or a service identity with its owner',
    tag: 'People',
    body: objectBody(NEW_PERSON),
    answers: {
      201: { what: 'The person; an API key is shown this once', schema: PERSON_WITH_KEY },
      202: {
        what: 'The person, without the role of a Manager: that waits for a second one',
        schema: PERSON_WITH_KEY,
      },
    },
    refusals: [
      'person-exists',
      'too-many-managers',
      'key-not-found',
      'key-ring-not-found',
      'person-not-found',
      'too-many-grants',
      ...ASKING,
    ],
    handle: async ({ context, caller, body }) => {
      const { kind, email = '', name = '', owner = '', roles = [], grants, reason } = body;
      const added =
        kind === 'service'
          ? await addService(context, caller, { name, owner, roles, grants, reason })
          : await addPerson(context, caller, { email, roles, grants, reason });
      return answer(added, (person) => ({
        status: person.waits === undefined ? 201 : 202,
        body: addedJson(person),
      }));
    },
  }),
  endpoint({
    method: 'PATCH',
    path: '/countersign/v1/people/:person',
    operation: 'managePeople',
    failure: 'Person could not be changed',
    summary: 'Grant and revoke roles, freeze somebody or let them act again, change their e-mail address',
    tag: 'People',
    body: objectBody(PERSON_CHANGE),
    refusals: [
      'person-not-found',
      'person-exists',
      'last-managers',
      'too-many-managers',
      'too-many-grants',
      'key-not-found',
      'key-ring-not-found',
      ...ASKING,
    ],
    answers: {
      200: { what: 'The person as they are now', schema: CHANGED_PERSON },
      202: {
        what: 'The person, unchanged: all of it waits for a second Manager',
        schema: CHANGED_PERSON,
      },
    },
    handle: async ({ context, caller, request, body }) => {
      const changed = await changePerson(context, caller, request.param('person') ?? '', body);
      return answer(changed, (outcome) => ({
        status: outcome.waits === undefined ? 200 : 202,
        body: { ...personJson(outcome.person), ...outcomeJson(outcome) },
      }));
    },
  }),
  endpoint({
    method: 'DELETE',
    path: '/countersign/v1/people/:person',
    operation: 'managePeople',
    failure: 'Person could not be removed',
    id: 'removePerson',
    summary: 'Remove somebody, by id or e-mail address; a service by its name',
    refusals: ['person-not-found', 'last-managers'],
    tag: 'People',
    answers: { 204: { what: 'The person is removed' } },
    handle: async ({ context, caller, request }) =>
      answer(await removePerson(context, caller, request.param('person') ?? ''), () => NO_CONTENT),
  }),
];
