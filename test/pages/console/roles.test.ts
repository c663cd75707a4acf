import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCESS } from '../../../lib/domain/access.ts';
import { DEFAULT_DRILL } from '../../../lib/domain/drill.ts';
import { ROLES, type Role } from '../../../lib/domain/person.ts';
import { changePerson } from '../../../lib/operations/change-person.ts';
import { listApiKeys } from '../../../lib/operations/credentials.ts';
import { startDrill } from '../../../lib/operations/drills.ts';
import { loadKey } from '../../../lib/operations/records/key.ts';
import { setKeyForDeletion } from '../../../lib/operations/set-key-for-deletion.ts';
import type { ConsolePage } from '../../../lib/pages/console/page.ts';
import { CONSOLE_PAGES } from '../../../lib/pages/console/pages.ts';
import { openServer, type Server } from '../../http/server.ts';
import { newService } from '../../support/services.ts';
import { expectOk } from '../../support/story.ts';
import { addByTwo } from '../../support/two-managers.ts';
import { visitor } from './visitor.ts';

/** Everybody who can sit before a browser. */
const EVERYBODY = [...ROLES, 'removed', 'service', 'nobody'] as const;
type Somebody = (typeof EVERYBODY)[number];

let server: Server;
const apiKeys = new Map<Somebody, string>();
/** What stands for each part of a path that is named. */
const parts = new Map<string, string>();

beforeAll(async () => {
  server = await openServer();
  const { story, context } = server;
  const two = { asks: await story.as('alice'), approves: await story.as('bob') };
  const add = async (email: string, role: Role) =>
    expectOk(await addByTwo(context, two, { email, roles: [role] }));
  for (const role of ROLES) apiKeys.set(role, (await add(`${role}@example.com`, role)).apiKey ?? '');
  apiKeys.set('removed', (await add('removed@example.com', 'Manager')).apiKey ?? '');
  apiKeys.set('service', (await newService(context, await story.as('bob'))).apiKey);
  const about = (await add('somebody@example.com', 'Reader')).person;
  const { id: keyId } = await story.newKey();
  expectOk(await setKeyForDeletion(context, await story.as('wendy'), keyId, {}));
  const authorizationId = (await loadKey(context.store, story.instanceId, keyId))?.authorizationId ?? '';
  const asked = await changePerson(context, two.asks, about.id, { grant: [{ role: 'Manager' }] });
  const requestId = expectOk(asked).waits?.id ?? '';
  const drillId = expectOk(await startDrill(context, two.asks, DEFAULT_DRILL)).id;
  const [apiKey] = expectOk(await listApiKeys(context, two.asks, about.id));
  const ids = { keyId, authorizationId, personId: about.id, requestId, drillId, apiKeyId: apiKey?.id ?? '' };
  for (const [name, value] of Object.entries(ids)) {
    parts.set(name, encodeURIComponent(value));
  }
});
afterAll(() => server.close());

/** What the rows say, worked out without the code that decides. */
function mayOpen({ who }: ConsolePage, somebody: Somebody): boolean {
  if (who === 'anybody') return true;
  if (somebody === 'removed' || somebody === 'service' || somebody === 'nobody') return false;
  return who === 'signed-in' || (ACCESS[who] as readonly Role[]).includes(somebody);
}

const isSomebodysRole = (somebody: Somebody): boolean => (ROLES as readonly string[]).includes(somebody);

/** Asks with a session of their own: signing out is among the pages. */
async function ask({ method, path }: ConsolePage, somebody: Somebody) {
  const someone = visitor(server.app);
  if (somebody !== 'nobody') {
    const { status } = await someone.signIn(apiKeys.get(somebody) ?? '');
    expect([somebody, status]).toEqual([somebody, isSomebodysRole(somebody) ? 303 : 403]);
  }
  const concrete = path.replaceAll(/:(\w+)/g, (_, name: string) => parts.get(name) ?? 'unknown');
  return method === 'GET' ? someone.get(concrete) : someone.post(concrete);
}

const isRefused = ({ status, text, location }: Awaited<ReturnType<typeof ask>>): boolean =>
  location.startsWith('/sign-in?') && !location.includes('signed-out')
    ? true
    : location === '/sign-in' || (status === 403 && text.includes('This page is not for you'));

describe('the pages of the console', () => {
  it('stand in the table once each', () => {
    const rows = CONSOLE_PAGES.map(({ method, path }) => `${method} ${path}`);
    expect(rows.filter((row, i) => rows.indexOf(row) !== i)).toEqual([]);
    expect(rows.length).toBeGreaterThanOrEqual(6);
  });

  it.each(EVERYBODY)('open for %s where their row says so, and nowhere else', async (somebody) => {
    if (somebody === 'removed')
      await server.call('alice', 'DELETE /countersign/v1/people/removed%40example.com');
    const opened: string[] = [];
    const broken: string[] = [];
    for (const page of CONSOLE_PAGES) {
      const answer = await ask(page, somebody);
      const row = `${page.method} ${page.path}`;
      if (answer.status >= 500) broken.push(`${row} ${answer.status}`);
      if (!isRefused(answer)) opened.push(row);
    }
    const expected = CONSOLE_PAGES.filter((page) => mayOpen(page, somebody));
    expect(opened).toEqual(expected.map(({ method, path }) => `${method} ${path}`));
    expect(broken).toEqual([]);
  });
});
