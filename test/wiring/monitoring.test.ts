import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { MINUTE, SECOND } from '../../lib/domain/time.ts';
import type { LogFields } from '../../lib/ports/log.ts';
import { carryOutOrder } from '../../lib/wiring/administration.ts';
import { openDataFolder } from '../../lib/wiring/data-folder.ts';
import { type LocalOptions, openLocal } from '../../lib/wiring/local.ts';
import { localMetrics } from '../../lib/wiring/metrics.ts';
import { localReadiness } from '../../lib/wiring/readiness.ts';
import { newSeen } from '../../lib/wiring/seen.ts';
import { foundInstallation } from '../support/installation.ts';
import { parseOpenMetrics } from '../support/openmetrics.ts';
import { REQUEST, temporaryFolder } from './installation.ts';

interface Line extends LogFields {
  readonly message: string;
}

async function opened(more: Partial<LocalOptions> = {}) {
  const path = join(temporaryFolder(), 'data');
  const { instance, people } = await foundInstallation(path, REQUEST);
  const folder = await openDataFolder(path);
  const lines: Line[] = [];
  const log = (message: string, fields: LogFields = {}) => void lines.push({ message, ...fields });
  const local = await openLocal({
    folder,
    publicUrl: 'http://127.0.0.1:8080',
    log: { info: log, error: log },
    ...more,
  });
  onTestFinished(() => local.close());
  const call = (route: string, email: string, correlationId: string, body?: object) => {
    const [method = '', path = ''] = route.split(' ');
    const apiKey = people.find(({ person }) => person.email === email)?.apiKey;
    const headers = {
      authorization: `Bearer ${apiKey}`,
      'bluemix-instance': instance.id,
      'correlation-id': correlationId,
    };
    return local.app.request(path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  };
  const authorize = async () => {
    const metadata = { collectionType: 'application/vnd.ibm.kms.key+json', collectionTotal: 1 };
    const resources = [{ name: 'Payroll', aliases: ['payroll'], extractable: false }];
    await call('POST /api/v2/keys', 'will@example.com', 'create-1', { metadata, resources });
    return call('POST /api/v2/keys/payroll/actions/setKeyForDeletion', 'will@example.com', 'set-1');
  };
  return { local, folder, lines, call, authorize };
}

const gaugesOf = async ({ metrics }: { metrics: () => Promise<string> }) => {
  const families = parseOpenMetrics(await metrics());
  return (name: string, labels: { readonly [name: string]: string } = {}): number | undefined =>
    [...families.values()]
      .flatMap(({ samples }) => samples)
      .find(
        (one) =>
          one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value),
      )?.value;
};

describe('the correlation id of a request', () => {
  test('is found again in the lines of every step of its workflow, and in its events', async () => {
    const { call, authorize, lines, local } = await opened();
    expect((await authorize()).status).toBe(204);
    expect((await call('DELETE /api/v2/keys/payroll', 'mia@example.com', 'approve-1')).status).toBe(204);
    await expect
      .poll(() => lines.filter(({ message }) => message === 'step').map(({ task }) => task))
      .toContain('notify-outcome');
    const steps = lines.filter(({ message }) => message === 'step');
    expect(steps.map(({ task }) => task)).toEqual(
      expect.arrayContaining(['record-authorization', 'delete-key', 'notify-outcome']),
    );
    expect(new Set(steps.map(({ correlationId }) => correlationId))).toEqual(new Set(['set-1']));
    const page = await call('GET /countersign/v1/events?limit=1000', 'mia@example.com', 'read-1');
    const { events } = (await page.json()) as { events: { action: string; correlationId?: string }[] };
    expect(events.map(({ action, correlationId }) => [action, correlationId])).toEqual([
      ['countersign.instance.create', undefined],
      ['kms.secrets.create', 'create-1'],
      ['kms.secrets.setkeyfordeletion', 'set-1'],
      ['countersign.authorization.approve', 'approve-1'],
      ['kms.secrets.delete', 'set-1'],
    ]);
    expect(await local.context.eventFeed?.newest()).toBe(5);
  });
});

describe('the events that are read off the API', () => {
  test('are those of the instance alone, a page at a time, and for whoever may read all of it', async () => {
    const { local, call } = await opened();
    const { context } = local;
    const order = {
      command: 'init',
      name: 'other',
      people: [{ email: 'eve@example.com', roles: ['Manager'] }],
    };
    const made = await carryOutOrder(context, { ...order, dualAuthorization: false });
    if (!('people' in made)) throw new Error(JSON.stringify(made));
    const rings = ['ring-a', 'ring-b', 'ring-c'];
    for (const ring of rings) await call(`POST /api/v2/key_rings/${ring}`, 'mia@example.com', ring);
    const read = async (query: string) => {
      const answer = await call(`GET /countersign/v1/events${query}`, 'will@example.com', 'read');
      return (await answer.json()) as { events: { action: string }[]; next: string; more: boolean };
    };
    const first = await read('?limit=2');
    expect(first.events.map(({ action }) => action)).toEqual([
      'countersign.instance.create',
      'kms.key-rings.create',
    ]);
    expect(first.more).toBe(true);
    const second = await read(`?after=${first.next}`);
    expect(second).toMatchObject({ next: expect.stringMatching(/-5$/), more: false });
    expect(second.events).toHaveLength(2);
    // A position alone, as somebody may have kept it from before cursors named an epoch.
    expect(await read(`?after=${first.next.split('-')[1]}`)).toEqual(second);
    const headers = {
      authorization: `Bearer ${made.people[0]?.apiKey}`,
      'bluemix-instance': made.instanceId,
    };
    const theirs = await local.app.request('/countersign/v1/events', { headers });
    expect(((await theirs.json()) as { events: object[] }).events).toHaveLength(1);
  });

  test('take no cursor that was never given, and no limit that is none', async () => {
    const { call, local } = await opened();
    const [epoch] = (await local.context.eventFeed?.epochs()) ?? [];
    const cursors = ['-1', 'x', '', '99999999999', `${epoch?.id}-99`, `${epoch?.id}-1x`].map(
      (cursor) => `?after=${cursor}`,
    );
    for (const query of [...cursors, '?limit=0', '?limit=1001']) {
      expect((await call(`GET /countersign/v1/events${query}`, 'mia@example.com', 'read')).status).toBe(400);
    }
  });
});

describe('the metrics of an installation', () => {
  test('tell what waits and since when, what was asked, and what the machine does', async () => {
    const { local, authorize } = await opened();
    await authorize();
    const read = await gaugesOf(local);
    expect(read('countersign_authorizations_waiting', { status: 'pending' })).toBe(1);
    expect(read('countersign_authorizations_waiting', { status: 'lapsed' })).toBe(0);
    expect(read('countersign_authorization_oldest_seconds', { status: 'pending' })).toBeLessThan(60);
    expect(read('countersign_authorization_next_window_end_seconds')).toBeGreaterThan(604_700);
    expect(read('countersign_decisions_unfinished')).toBe(0);
    expect(read('countersign_deletions_begun_elsewhere')).toBe(0);
    expect(read('countersign_executions_open')).toBe(1);
    expect(read('countersign_commits_total', { result: 'committed' })).toBeGreaterThan(2);
    const request = { method: 'POST', route: '/api/v2/keys/:id/actions/setKeyForDeletion', status: '204' };
    expect(read('countersign_http_request_duration_seconds_count', request)).toBe(1);
    expect(read('countersign_build_info')).toBe(1);
  });

  test('are read of the database at most once a second, and the less often the longer it takes', async () => {
    const { folder } = await opened();
    let now = 0;
    let took = 0;
    let read = 0;
    const events = {
      reports: async () => {
        read += 1;
        now += took;
        return [];
      },
    };
    const clock = { now: () => Date.now() };
    const measures = { families: () => [] };
    const seen = newSeen(clock);
    const metrics = localMetrics({ folder, seen, events, measures, clock, elapsed: () => now });
    const readsAt = async (time: number): Promise<number> => {
      now = time;
      await metrics();
      return read;
    };
    expect(await readsAt(0)).toBe(1);
    expect(await readsAt(999)).toBe(1);
    took = 300;
    expect(await readsAt(1_000)).toBe(2);
    expect(await readsAt(30_999)).toBe(2);
    expect(await readsAt(31_000)).toBe(3);
  });
});

describe('readiness', () => {
  test('is there when everything is', async () => {
    const { local } = await opened();
    const answer = await local.app.request('/readyz');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      status: 'ok',
      checks: ['store', 'engine', 'disk', 'master-key', 'mail'].map((name) => ({ name, status: 'ok' })),
    });
  });

  test('is not there without a database, and says which check fails', async () => {
    const { local } = await opened();
    await local.close();
    const answer = await local.app.request('/readyz');
    expect(answer.status).toBe(503);
    const { checks } = (await answer.json()) as { checks: { name: string; status: string }[] };
    expect(checks.filter(({ status }) => status === 'failing').map(({ name }) => name)).toEqual([
      'store',
      'engine',
    ]);
  });

  test('is looked at once in five seconds, however often it is asked, and warns of mail that fails', async () => {
    const { folder } = await opened();
    let now = 1_000_000;
    let looked = 0;
    let mail: { lastSuccess: number | undefined; lastFailure: number | undefined } = {
      lastSuccess: undefined,
      lastFailure: undefined,
    };
    const { check } = localReadiness({
      folder,
      sealer: { seal: async () => 'sealed', unseal: async () => Buffer.from('another') },
      engine: async () => {
        looked += 1;
      },
      mail: () => mail,
      clock: { now: () => now },
    });
    const found = await check();
    expect(found.filter(({ status }) => status !== 'ok')).toEqual([
      { name: 'master-key', status: 'failing', problem: 'the master key does not open what it has sealed' },
    ]);
    mail = { lastSuccess: 1_000, lastFailure: 2_000 };
    now += 4 * SECOND;
    expect(await check()).toBe(found);
    now += SECOND;
    expect((await check()).find(({ name }) => name === 'mail')).toMatchObject({ status: 'warning' });
    now -= MINUTE;
    await check();
    expect(looked).toBe(3);
  });
});
