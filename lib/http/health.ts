import type { Check } from '../operations/readiness.ts';
import type { OpenRoute } from './open-route.ts';

/** Says that requests can be served: one read of the store, which asks for an item that is never there. */
export const HEALTH: readonly OpenRoute[] = [
  {
    method: 'GET',
    path: '/healthz',
    id: 'getHealth',
    summary: 'Learn whether requests can be served',
    tag: 'Service',
    answers: { 200: { what: '`{ "status": "ok" }`; 503 when they cannot' } },
    handle: async ({ store, log }, c) => {
      try {
        await store.get({ table: 'main', partition: 'health', sort: 'health' });
        return c.json({ status: 'ok' });
      } catch (error) {
        log.error('the store does not answer', { error: error instanceof Error ? error.name : 'unknown' });
        return c.json({ status: 'unavailable' }, 503, { 'retry-after': '1' });
      }
    },
  },
  {
    method: 'GET',
    path: '/readyz',
    id: 'getReadiness',
    summary: 'Learn whether everything is there that serving requests needs, and what is not',
    tag: 'Service',
    answers: { 200: { what: '`status` and the `checks`; 503 when one of them is `failing`' } },
    handle: async ({ readiness, store }, c) => {
      const checks = await (readiness?.check() ?? storeAlone(() => store.get(NEVER_THERE)));
      const failing = checks.filter(({ status }) => status === 'failing');
      return failing.length === 0
        ? c.json({ status: 'ok', checks })
        : c.json({ status: 'unavailable', checks }, 503, { 'retry-after': '5' });
    },
  },
];

const NEVER_THERE = { table: 'main', partition: 'health', sort: 'health' } as const;

async function storeAlone(read: () => Promise<unknown>): Promise<readonly Check[]> {
  try {
    await read();
    return [{ name: 'store', status: 'ok' }];
  } catch {
    return [{ name: 'store', status: 'failing', problem: 'the store does not answer' }];
  }
}
