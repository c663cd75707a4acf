import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCESS, NARROW } from '../../lib/domain/access.ts';
import { ROLES, type Role } from '../../lib/domain/person.ts';
import { ENDPOINTS } from '../../lib/http/app.ts';
import type { Endpoint } from '../../lib/http/endpoint.ts';
import { addPerson } from '../../lib/operations/add-person.ts';
import { expectOk } from '../support/story.ts';
import { addByTwo } from '../support/two-managers.ts';
import { openServer, type Server } from './server.ts';

/** On what a role can be held. */
const SCOPES = ['instance', 'ring', 'key', 'other key', 'other ring', 'nothing'] as const;
type Scope = (typeof SCOPES)[number];

let server: Server;
let keyId: string;
const apiKeys = new Map<string, string>();

beforeAll(async () => {
  server = await openServer();
  keyId = (await server.story.newKey({ name: 'wanted', aliases: ['wanted'] })).id;
  const other = await server.story.newKey({ name: 'other' });
  await server.call('alice', 'POST /api/v2/key_rings/elsewhere');
  await server.story.pass(1);
  const parts: { readonly [scope in Scope]?: { readonly key: string } | { readonly keyRing: string } } = {
    ring: { keyRing: 'default' },
    key: { key: keyId },
    'other key': { key: other.id },
    'other ring': { keyRing: 'elsewhere' },
  };
  for (const scope of SCOPES.filter((one) => one !== 'nothing')) {
    for (const role of ROLES) {
      const on = parts[scope];
      const held = on === undefined ? { roles: [role] } : { roles: [], grants: [{ role, ...on }] };
      const email = `${role}-${scope.replace(' ', '-')}@example.com`;
      const two = { asks: await server.story.as('alice'), approves: await server.story.as('bob') };
      const added = await addByTwo(server.context, two, { email, ...held });
      apiKeys.set(`${role} ${scope}`, expectOk(added).apiKey ?? '');
    }
  }
  // Somebody who is there, and has no role any more.
  const gone = { email: 'gone@example.com', roles: ['Reader'] } as const;
  const { apiKey } = expectOk(await addPerson(server.context, await server.story.as('alice'), gone));
  const revoked = await server.call('alice', 'PATCH /countersign/v1/people/gone@example.com', {
    body: { revoke: [{ role: 'Reader' }] },
  });
  expect(revoked.status).toBe(200);
  for (const role of ROLES) apiKeys.set(`${role} nothing`, apiKey ?? '');
});

afterAll(() => server.close());

/** Whether the route is about the one key, so that a grant on it or on its ring can be enough. */
const isAboutAKey = ({ path }: Endpoint): boolean => path.includes('/:id');

/** What the documentation says, worked out without the code that decides. */
function isAllowed(endpoint: Endpoint, role: Role, scope: Scope): boolean {
  if (scope === 'nothing' || !(ACCESS[endpoint.operation] as readonly Role[]).includes(role)) return false;
  if (scope === 'instance') return true;
  switch (NARROW[endpoint.operation]) {
    case 'self':
      return true;
    case 'key':
      return isAboutAKey(endpoint) && (scope === 'key' || scope === 'ring');
    case 'keyRing':
      // Lists and new keys; those who have a role on another ring get that ring's.
      return scope === 'ring' || scope === 'other ring';
    default:
      return false;
  }
}

const pathOf = ({ path }: Endpoint): string =>
  path
    .replace('/:id', `/${keyId}`)
    .replace(/:person\b/, 'nobody@example.com')
    .replace(/:\w+(\{[^}]*\})?/g, 'some');

const ask = (endpoint: Endpoint, role: Role, scope: Scope) =>
  server.call(undefined, `${endpoint.method} ${pathOf(endpoint)}`, {
    headers: {
      authorization: `Bearer ${apiKeys.get(`${role} ${scope}`)}`,
      'bluemix-instance': server.story.instanceId,
    },
  });

const NO_ACCESS = [401, 403];

describe('every route, asked by every role on every part of an instance', () => {
  it.each(ENDPOINTS.map((endpoint) => [`${endpoint.method} ${endpoint.path}`, endpoint] as const))(
    '%s is refused to whoever may not, before anything else is looked at, and changes nothing',
    async (_, endpoint) => {
      for (const scope of SCOPES) {
        for (const role of ROLES.filter((one) => !isAllowed(endpoint, one, scope))) {
          const before = server.changes();
          const { status } = await ask(endpoint, role, scope);
          const expected = endpoint.path.startsWith('/countersign/') ? 403 : 401;
          expect(status, `${role} on ${scope}`).toBe(expected);
          expect(server.changes(), `${role} on ${scope}`).toBe(before);
        }
      }
    },
  );

  it('names a route for every operation that there is', () => {
    const asked = new Set(ENDPOINTS.map(({ operation }) => operation));
    expect(Object.keys(ACCESS).filter((operation) => !asked.has(operation as keyof typeof ACCESS))).toEqual(
      [],
    );
  });

  // Last: these do what they are asked for, as far as it can be done without a body.
  it('is let through where they may', async () => {
    for (const endpoint of ENDPOINTS.filter(({ operation }) => NARROW[operation] !== 'self')) {
      for (const scope of SCOPES) {
        const [role] = ROLES.filter((one) => isAllowed(endpoint, one, scope));
        if (role === undefined) continue;
        const { status, reason } = await ask(endpoint, role, scope);
        const about = `${endpoint.method} ${endpoint.path}: ${role} on ${scope}: ${reason}`;
        if (reason !== 'SERVICE_ONLY_ERR') expect(NO_ACCESS, about).not.toContain(status);
      }
    }
  });
});

describe('who sends their body slowly', () => {
  let wrapping: string;
  beforeAll(async () => {
    wrapping = (await server.story.newKey({ name: 'wrapping' })).id;
  });

  /** Meanwhile something happens. */
  const slowly = (body: string, meanwhile: () => Promise<unknown>) =>
    new ReadableStream(
      {
        async pull(controller) {
          await meanwhile();
          controller.enqueue(new TextEncoder().encode(body));
          controller.close();
        },
      },
      // Nothing is sent before the server reads.
      { highWaterMark: 0 },
    );
  const wrap = async (apiKey: string, meanwhile: () => Promise<unknown>) => {
    const { status } = await server.app.request(`/api/v2/keys/${wrapping}/actions/wrap`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${apiKey}`,
        'Bluemix-Instance': server.story.instanceId,
        // A body whose length is told is read by the route.
        'content-length': '2',
      },
      body: slowly('{}', meanwhile),
      duplex: 'half',
    } as RequestInit);
    return status;
  };

  it('is refused when they were removed, or their API key was taken away, before its end', async () => {
    const add = async (email: string) =>
      expectOk(await addPerson(server.context, await server.story.as('alice'), { email, roles: ['Reader'] }));
    const [first, second] = [await add('slow@example.com'), await add('slower@example.com')];
    expect(await wrap(first.apiKey ?? '', async () => {})).toBe(200);
    const remove = () => server.call('alice', 'DELETE /countersign/v1/people/slow@example.com');
    expect(await wrap(first.apiKey ?? '', remove)).toBe(401);
    const keys = '/countersign/v1/people/slower@example.com/api-keys';
    const revoke = async () => {
      const { json } = await server.call('alice', `GET ${keys}`);
      const [{ id = '' } = {}] = json.apiKeys as { id?: string }[];
      expect((await server.call('alice', `DELETE ${keys}/${id}`)).status).toBe(204);
    };
    expect(await wrap(second.apiKey ?? '', revoke)).toBe(401);
  });
});
