import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { instanceKey } from '../../lib/operations/records/instance.ts';
import { waiting } from './second-manager.ts';
import { type Answered, openServer, type Server } from './server.ts';

const PATH = '/countersign/v1/change_requests';
const PEOPLE = '/countersign/v1/people';

let server: Server;
beforeEach(async () => {
  server = await openServer();
});
afterEach(() => server.close());

type Name = 'alice' | 'bob' | 'wendy' | 'rita';
const call = (name: Name, route: string, body?: object): Promise<Answered> =>
  server.call(name, route, body === undefined ? {} : { body });
const decide = (name: Name, how: 'approve' | 'deny' | 'withdraw', id: string, body: object = {}) =>
  call(name, `POST ${PATH}/${id}/${how}`, body);
const told = ({ status, reason }: Answered) => `${status} ${status < 300 ? '' : reason}`.trim();
const personCalled = async (email: string) => {
  const { json } = await call('alice', `GET ${PEOPLE}`);
  return (json.people as readonly { readonly email?: string; readonly roles: readonly string[] }[]).find(
    (one) => one.email === email,
  );
};

describe('a change of the guard rails over HTTP', () => {
  it('of somebody who is added as Manager: 202, with their other roles at once and that one when it is approved', async () => {
    const body = { email: 'dan@example.com', roles: ['Writer', 'Manager'], reason: 'takes over from Max' };
    const added = await call('alice', `POST ${PEOPLE}`, body);
    expect([added.status, added.json.roles]).toEqual([202, ['Writer']]);
    expect(added.json.apiKey).toMatch(/^cs_/);
    const { id, digest } = waiting(added);
    expect(added.json.changeRequest).toMatchObject({
      kind: 'person',
      status: 'pending',
      subject: 'dan@example.com',
      reason: 'takes over from Max',
      changes: [
        { name: 'Roles', before: 'Writer', after: 'Writer, Manager' },
        { name: 'API key', before: 'seen by whoever added them' },
      ],
    });
    const read = await call('bob', `GET ${PATH}/${id}`);
    expect(read.json).toMatchObject({ id, digest, status: 'pending' });
    expect(read.json.whyNotYou).toBeUndefined();
    expect(
      Object.values(read.json.names as object).toSorted((a, b) => String(a).localeCompare(String(b))),
    ).toEqual(['alice@example.com', 'dan@example.com']);

    const approved = await decide('bob', 'approve', id, { digest });
    expect(approved.json).toMatchObject({ id, status: 'approved' });
    expect((await personCalled('dan@example.com'))?.roles).toEqual(['Writer', 'Manager']);
    expect((await decide('bob', 'approve', id, { digest })).json).toEqual(approved.json);
  });

  it('of somebody who is to purge, also of themselves: what a deletion leaves to restore is no one person’s to end', async () => {
    const added = await call('alice', `POST ${PEOPLE}`, {
      email: 'pat@example.com',
      roles: ['Reader', 'KeyPurge'],
    });
    expect([added.status, added.json.roles]).toEqual([202, ['Reader']]);
    const self = await call('alice', `PATCH ${PEOPLE}/alice@example.com`, {
      grant: [{ role: 'KeyPurge' }],
    });
    const { id, digest } = waiting(self);
    expect((await personCalled('alice@example.com'))?.roles).toEqual(['Manager']);
    expect(told(await decide('alice', 'approve', id, { digest }))).toBe('409 AUTHORIZATIONS_NOT_MET');
    expect((await decide('bob', 'approve', id, { digest })).json).toMatchObject({ status: 'approved' });
    expect((await personCalled('alice@example.com'))?.roles).toEqual(['Manager', 'KeyPurge']);
  });

  it('of a service that is added as Manager, too', async () => {
    const body = { kind: 'service', name: 'nightly', owner: 'alice@example.com', roles: ['Manager'] };
    const added = await call('alice', `POST ${PEOPLE}`, body);
    expect([added.status, added.json.roles]).toEqual([202, []]);
    const { id, digest } = waiting(added);
    // Whose it is: that is who can do more by it.
    expect((await call('bob', `GET /countersign/v1/change_requests/${id}`)).json.changes).toContainEqual({
      name: 'Belongs to',
      before: 'alice@example.com',
      after: 'the same, for good',
    });
    expect(told(await decide('bob', 'approve', id, { digest }))).toBe('200');
    expect((await call('alice', `GET ${PEOPLE}`)).text).toContain('"name":"nightly"');
  });

  it('of somebody who is there: 202, all of it waits, and nothing of it is done', async () => {
    const change = { grant: [{ role: 'Manager' }], revoke: [{ role: 'Writer' }] };
    const changed = await call('alice', `PATCH ${PEOPLE}/wendy@example.com`, change);
    expect([changed.status, changed.json.roles]).toEqual([202, ['Writer']]);
    expect((await personCalled('wendy@example.com'))?.roles).toEqual(['Writer']);
    const { id, digest } = waiting(changed);
    expect(told(await decide('bob', 'approve', id, { digest }))).toBe('200');
    expect((await personCalled('wendy@example.com'))?.roles).toEqual(['Manager']);
  });

  it('is refused to the wrong ones with the reason, and bound to what was shown', async () => {
    const { id, digest } = waiting(
      await call('alice', 'PATCH /countersign/v1/instance', { restoreWindow: 'PT0S' }),
    );
    expect(told(await decide('alice', 'approve', id, { digest }))).toBe('409 AUTHORIZATIONS_NOT_MET');
    expect(told(await decide('wendy', 'approve', id, { digest }))).toBe('403 ROLE_MISSING_ERR');
    expect(told(await decide('bob', 'approve', id, { digest: 'x' }))).toBe('409 CHANGE_REQUEST_MISMATCH_ERR');
    expect(told(await decide('bob', 'approve', id, {}))).toBe('400 INVALID_FIELD_ERR field digest');
    expect(told(await decide('bob', 'approve', 'nothing', { digest }))).toBe(
      '404 CHANGE_REQUEST_NOT_FOUND_ERR',
    );
    expect(told(await call('bob', `GET ${PATH}/nothing`))).toBe('404 CHANGE_REQUEST_NOT_FOUND_ERR');
    expect((await call('alice', `GET ${PATH}/${id}`)).json.whyNotYou).toBe('own-request');
    expect((await decide('alice', 'withdraw', id, { note: 'not now' })).json).toMatchObject({
      status: 'withdrawn',
      note: 'not now',
    });
    expect(told(await decide('bob', 'approve', id, { digest }))).toBe('409 CHANGE_REQUEST_DECIDED_ERR');
  });

  it('is denied as unexpected, which stops what else the same person asked for', async () => {
    const { id } = waiting(await call('alice', 'PATCH /countersign/v1/instance', { restoreWindow: 'PT0S' }));
    expect((await decide('bob', 'deny', id, { unexpected: true })).json).toMatchObject({
      status: 'denied',
      unexpected: true,
    });
    const next = await call('alice', 'PATCH /countersign/v1/instance', { restoreWindow: 'PT0S' });
    expect(told(next)).toBe('409 REQUESTS_FROZEN_ERR');
    expect(next.text).toContain('did not expect something');
  });

  it('is listed for Managers alone, by status and page', async () => {
    await call('alice', 'PATCH /countersign/v1/instance', { restoreWindow: 'PT0S' });
    await call('alice', 'PATCH /countersign/v1/instance', { serviceApprovals: true });
    const list = async (query: string, name: Name = 'bob') =>
      (await call(name, `GET ${PATH}${query}`)).json as {
        changeRequests: readonly { readonly id: string }[];
        cursor?: string;
      };
    const pending = (await list('?status=pending')).changeRequests;
    expect(pending).toHaveLength(2);
    for (const name of ['rita', 'wendy'] as const) {
      for (const path of [PATH, `${PATH}/${pending[0]?.id}`]) {
        const refused = await call(name, `GET ${path}`);
        expect([told(refused), refused.text.includes('alice@')]).toEqual(['403 ROLE_MISSING_ERR', false]);
      }
    }
    expect((await list('?status=approved')).changeRequests).toEqual([]);
    const first = await list('?limit=1');
    const second = await list(`?limit=1&after=${encodeURIComponent(first.cursor ?? '')}`);
    expect(new Set([...first.changeRequests, ...second.changeRequests].map(({ id }) => id)).size).toBe(2);
    expect(told(await call('bob', `GET ${PATH}?after=nonsense`))).toBe(
      '400 INVALID_QUERY_PARAM_ERR query_param after',
    );
    expect(told(await call('bob', `GET ${PATH}?status=open`))).toBe(
      '400 INVALID_QUERY_PARAM_ERR query_param status',
    );
  });

  it('that would need a second Manager where there is none is refused with what to do', async () => {
    const policies = {
      metadata: { collectionTotal: 1 },
      resources: [{ policy_type: 'dualAuthDelete', policy_data: { enabled: false } }],
    };
    await call('alice', 'PUT /api/v2/instance/policies', policies);
    expect((await call('alice', `DELETE ${PEOPLE}/bob@example.com`)).status).toBe(204);
    const refused = await call('alice', `POST ${PEOPLE}`, { email: 'dan@example.com', roles: ['Manager'] });
    expect(told(refused)).toBe('409 SECOND_MANAGER_MISSING_ERR');
    expect(refused.text).toContain('countersign person add EMAIL --role Manager --data-dir DIR');
    expect(await personCalled('dan@example.com')).toBeUndefined();
    expect(
      (await call('alice', `POST ${PEOPLE}`, { email: 'd@example.com', roles: ['Writer'] })).status,
    ).toBe(201);
  });

  it('takes effect at once in a trial, which the answer says, and not any more when it is over', async () => {
    const trial = (is: boolean) =>
      server.context.store.commit([
        { update: instanceKey(server.story.instanceId), when: [{ item: 'present' }], set: { trial: is } },
      ]);
    await trial(true);
    const added = await call('alice', `POST ${PEOPLE}`, { email: 'dan@example.com', roles: ['Manager'] });
    expect([added.status, added.json.roles, added.json.exempt]).toEqual([201, ['Manager'], 'trial']);
    const change = { restoreWindow: 'PT0S' };
    const changed = await call('alice', 'PATCH /countersign/v1/instance', change);
    expect([changed.status, changed.json.restoreWindow, changed.json.exempt]).toEqual([200, 'PT0S', 'trial']);
    const plain = await call('alice', 'PATCH /countersign/v1/instance', { name: 'other' });
    expect([plain.status, plain.json.exempt]).toEqual([200, undefined]);
    await trial(false);
    expect(
      (await call('alice', `POST ${PEOPLE}`, { email: 'e@example.com', roles: ['Manager'] })).status,
    ).toBe(202);
  });
});
