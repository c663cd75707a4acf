import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addPerson } from '../../lib/operations/add-person.ts';
import { addService } from '../../lib/operations/add-service.ts';
import { enter } from '../../lib/operations/caller.ts';
import { changePerson } from '../../lib/operations/change-person.ts';
import { claimApiKey, sendClaim } from '../../lib/operations/claims.ts';
import { initInstance } from '../../lib/operations/init-instance.ts';
import { removePerson } from '../../lib/operations/people.ts';
import { loadInstance } from '../../lib/operations/records/instance.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import { type Operations, openOperations } from '../support/operations.ts';
import { expectOk, REAUTHORIZATION_WINDOW, WINDOW } from '../support/story.ts';

let operations: Operations;
let instanceId: string;
let byEmail: ReadonlyMap<string, string>;

beforeEach(async () => {
  operations = await openOperations();
  const made = expectOk(
    await initInstance(operations.context, {
      name: 'trial',
      people: ['mia', 'max'].map((name) => ({ email: `${name}@example.com`, roles: ['Manager'] as const })),
      dualAuthorization: true,
      authorizationWindow: WINDOW,
      reauthorizationWindow: REAUTHORIZATION_WINDOW,
      restoreWindow: 0,
      trial: true,
    }),
  );
  instanceId = made.instance.id;
  byEmail = new Map(made.people.map(({ person }) => [person.email, person.id]));
});

afterEach(() => operations.close());

const as = async (name: string) =>
  expectOk(await enter(operations.context, instanceId, byEmail.get(`${name}@example.com`) ?? ''));
const isTrial = async () => (await loadInstance(operations.context.store, instanceId))?.trial;
async function claimFor(email: string): Promise<void> {
  expectOk(await sendClaim(operations.context, await as('mia'), email));
  await sweep(operations.context);
  const texts = operations.mails.map(({ text }) => text).join('\n');
  const token = /\/claim\/([\w-]{43})/.exec(texts)?.[1] ?? '';
  expectOk(await claimApiKey(operations.context, token, email));
}

it('a trial is over when nobody is left whose API key was printed, and not before', async () => {
  expect(await isTrial()).toBe(true);
  const { person } = expectOk(
    await addPerson(operations.context, await as('mia'), { email: 'ann@example.com', roles: ['Manager'] }),
  );
  expect(person.keyShownIn).toBe('answer');
  expectOk(await removePerson(operations.context, await as('mia'), 'max@example.com'));
  expect(await isTrial()).toBe(true);
  await claimFor('mia@example.com');
  expect(await isTrial()).toBe(false);
});

it('a trial ends with the removal of the last of them as well', async () => {
  await claimFor('mia@example.com');
  const ann = { email: 'ann@example.com', roles: ['Manager'] } as const;
  expectOk(await addPerson(operations.context, await as('mia'), ann));
  expect(await isTrial()).toBe(true);
  expectOk(await removePerson(operations.context, await as('mia'), 'max@example.com'));
  expect(await isTrial()).toBe(false);
});

describe('in a trial one Manager is enough, and every Manager hears of it', () => {
  const told = async (subject: string) => {
    await sweep(operations.context);
    return operations.mails
      .filter((mail) => mail.subject === `[Countersign] ${subject}`)
      .map(({ to }) => to)
      .sort();
  };
  const managers = ['max@example.com', 'mia@example.com'];
  const pat = { email: 'pat@example.com', roles: ['KeyPurge'] } as const;

  it('when somebody new may purge', async () => {
    expectOk(await addPerson(operations.context, await as('mia'), pat));
    expect(await told('pat@example.com may purge destroyed keys')).toEqual([...managers, 'pat@example.com']);
  });

  it('when somebody may purge one more part of the keys, and when they act again', async () => {
    const change = async (request: Parameters<typeof changePerson>[3]) =>
      expectOk(await changePerson(operations.context, await as('mia'), pat.email, request));
    expectOk(await addPerson(operations.context, await as('mia'), { ...pat, roles: ['Reader'] }));
    await change({ grant: [{ role: 'KeyPurge', keyRing: 'default' }] });
    const subject = 'pat@example.com may purge destroyed keys';
    expect(await told(subject)).toEqual([...managers, pat.email]);
    await change({ status: 'frozen' });
    await change({ grant: [{ role: 'Writer' }] });
    expect(await told(subject)).toHaveLength(3);
    await change({ status: 'active' });
    expect(await told(subject)).toHaveLength(6);
  });

  it.each([
    [['KeyPurge'], 'nightly may purge destroyed keys'],
    [['Manager'], 'nightly became a Manager'],
  ] as const)('when a service gets %j', async (roles, subject) => {
    const service = { name: 'nightly', owner: 'max@example.com', roles };
    expectOk(await addService(operations.context, await as('mia'), service));
    expect(await told(subject)).toEqual(managers);
  });
});
