import { afterEach, beforeEach, expect, it } from 'vitest';
import { ownIdentities } from '../../lib/operations/own-identities.ts';
import { removePerson } from '../../lib/operations/people.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { newService } from '../support/services.ts';
import { expectOk } from '../support/story.ts';

let operations: Operations;
let desk: Desk;

beforeEach(async () => {
  operations = await openOperations();
  desk = await operations.newDesk();
});
afterEach(() => operations.close());

it('are oneself and the services of one’s own that are there, and nobody else’s', async () => {
  const { context } = operations;
  const bob = await desk.as('bob');
  await newService(context, bob, 'storage');
  await newService(context, bob, 'backups');
  await newService(context, await desk.as('alice'), 'alices');
  const { caller: gone } = await newService(context, bob, 'gone');
  expectOk(await removePerson(context, bob, gone.person.id));
  const own = expectOk(await ownIdentities(context, bob));
  expect(own.map(({ name, email }) => name ?? email)).toEqual([bob.person.email, 'backups', 'storage']);
});
