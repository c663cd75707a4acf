import type { OpenRoute } from './open-route.ts';

/** Says that requests can be served: one read of the store. The item is never there. */
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
];
