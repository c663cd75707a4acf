import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Key } from '../../lib/domain/key.ts';
import { HOUR, toDate } from '../../lib/domain/time.ts';
import { type Answered, envelope, openServer, type Server } from './server.ts';

let server: Server;
let payroll: Key;
let wages: Key;
let backups: Key;
let template: Key;

beforeAll(async () => {
  server = await openServer();
  const { story } = server;
  payroll = await story.newKey({ name: 'Payroll', aliases: ['pay'] });
  await story.pass(HOUR / 1_000);
  wages = await story.newKey({
    name: 'payroll of old',
    extractable: true,
    expiresAt: story.clock.now() + HOUR,
  });
  await story.pass(60);
  backups = await story.newKey({ name: 'backups', aliases: ['payroll-backups'] });
  template = await story.newKey({ name: 'not: a template' });
});
afterAll(() => server.close());

const list = (query: string): Promise<Answered> => server.call('rita', `GET /api/v2/keys?${query}`);
const ids = ({ resources }: Answered): readonly string[] => resources.map(({ id }) => id);
const query = (members: Readonly<Record<string, string>>): string => new URLSearchParams(members).toString();
const total = async (query: string): Promise<string | null> =>
  (await server.call('rita', `HEAD /api/v2/keys?${query}`)).headers.get('key-total');

describe('searching', () => {
  test('finds in names and aliases, and repeats how it was understood', async () => {
    const answered = await list('search=PAYROLL');
    expect(ids(answered)).toEqual([payroll.id, wages.id, backups.id].sort());
    expect(answered.json.metadata).toEqual({
      collectionType: 'application/vnd.ibm.kms.key+json',
      collectionTotal: 3,
      searchQuery: { query: 'PAYROLL', scopes: ['name', 'alias'] },
    });
  });

  test.each([
    ['exact:payroll', () => [payroll.id]],
    ['alias:payroll', () => [backups.id]],
    ['escape:not:,', () => [template.id]],
    ['not:name:a', () => []],
  ])('%s', async (search, expected) => {
    expect(ids(await list(query({ search })))).toEqual(expected());
  });

  test('puts a key first that is named by its whole id or alias', async () => {
    expect(ids(await list('search=pay'))[0]).toBe(payroll.id);
    expect(ids(await list(`search=${wages.id.toUpperCase()}`))).toEqual([wages.id]);
    expect(ids(await list(`search=not:${wages.id}`))).toHaveLength(4);
    expect(ids(await list('search=pay&extractable=true'))).toEqual([wages.id]);
    const pages = [0, 1, 2].map((offset) => list(`search=pay&limit=1&offset=${offset}`));
    expect((await Promise.all(pages)).flatMap(ids)).toEqual(ids(await list('search=pay')));
  });

  test('is not counted by HEAD', async () => {
    expect((await server.call('rita', 'HEAD /api/v2/keys?search=pay')).status).toBe(400);
  });
});

describe('filtering and sorting', () => {
  test('by a date as it is shown, and the total agrees', async () => {
    const filter = ` creationDate=gte:"${toDate(wages.createdAt)}" extractable=false`;
    const expected = [backups.id, template.id].sort();
    expect(ids(await list(query({ filter })))).toEqual(expected);
    expect(await total(query({ filter }))).toBe('2');
    expect(await total('extractable=true')).toBe('1');
    expect(await total('state=5')).toBe('0');
  });

  test('by several properties, and the other way round', async () => {
    const sorted = ids(await list('sort=extractable,-creationDate'));
    expect(sorted.indexOf(payroll.id)).toBe(2);
    expect(sorted.at(-1)).toBe(wages.id);
    expect(ids(await list('sort=-id'))).toEqual(ids(await list('')).toReversed());
  });

  test('finds a key whose time has run out as deactivated, though nobody has written it yet', async () => {
    const { story } = server;
    const soon = await story.newKey({ expiresAt: story.clock.now() + 1_000 });
    await story.pass(1);
    expect(ids(await list('state=3'))).toContain(soon.id);
    expect(ids(await list('state=1'))).not.toContain(soon.id);
    expect(ids(await list(query({ filter: 'state=3' })))).toContain(soon.id);
  });

  test('a state in the filter lists destroyed keys as the parameter does', async () => {
    const gone = await server.story.newKey({ name: 'gone', dualAuthDelete: false });
    expect((await server.call('alice', `DELETE /api/v2/keys/${gone.id}`)).status).toBe(204);
    expect(ids(await list(query({ filter: 'state=5' })))).toEqual([gone.id]);
    expect(ids(await list('state=5'))).toEqual([gone.id]);
    expect(ids(await list(query({ filter: 'deletionDate=none' })))).not.toContain(gone.id);
  });
});

test('every page of every order holds each key once', async () => {
  await server.call('wendy', 'POST /api/v2/keys', { body: envelope({ name: 'one more' }) });
  for (const sort of ['id', '-id', 'creationDate', '-state,expirationDate']) {
    const all = ids(await list(`sort=${sort}&state=1,2,3,5`));
    expect(new Set(all).size).toBe(all.length);
    for (const limit of [1, 2, 3, 100]) {
      const paged: string[] = [];
      for (let offset = 0; offset < all.length; offset += limit) {
        paged.push(...ids(await list(`sort=${sort}&state=1,2,3,5&limit=${limit}&offset=${offset}`)));
      }
      expect(paged).toEqual(all);
    }
  }
});
