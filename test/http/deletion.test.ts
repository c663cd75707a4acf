import { describe, expect, test } from 'vitest';
import { describeDeletionApi } from './deletion.ts';
import { openServer } from './server.ts';

describeDeletionApi('in one process', () => openServer());

describe('when the workflow does not get on', () => {
  test('set answers 503 with Retry-After while nothing is recorded', { timeout: 60_000 }, async () => {
    const stuck = await openServer({
      workflow: (workflow) => ({ ...workflow, start: async () => 'started' }),
    });
    try {
      const { id } = await stuck.story.newKey();
      const { status, headers, reason } = await stuck.call(
        'wendy',
        `POST /api/v2/keys/${id}/actions/setKeyForDeletion`,
      );
      expect([status, reason]).toEqual([503, 'STILL_WORKING_ERR']);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    } finally {
      await stuck.close();
    }
  });
});
