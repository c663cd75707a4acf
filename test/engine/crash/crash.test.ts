import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FAULT_POINTS, type FaultPoint } from '../../../lib/engine/faults.ts';
import { memoryFile } from '../support/temporary.ts';
import { bundledChild, campaign } from './campaign.ts';
import { everyPointOnce } from './lives.ts';

/** Some points need what the life before has left: those that were not come to are tried again, after lives that leave much. */
async function missedAgain(points: readonly FaultPoint[]): Promise<readonly FaultPoint[]> {
  let missed = points;
  for (let attempts = 0; missed.length > 0 && attempts < 3; attempts += 1) {
    const folder = dirname(memoryFile());
    const lives = missed.flatMap((point) => [
      { milliseconds: 200 },
      { milliseconds: 200 },
      // On a quick disk nothing but this leaves, for sure, an execution that has to be resumed.
      { point: 'function: called, not recorded', nth: 1 } as const,
      { point, nth: 1 },
    ]);
    const { problems, hits } = await campaign(folder, bundledChild(folder), lives);
    expect(problems).toEqual([]);
    missed = missed.filter((point) => !hits.has(point));
  }
  return missed;
}

describe('an engine that is killed under load, at every fault point and at random', () => {
  it('loses nothing that it acknowledged, skips nothing, does nothing twice and nothing early', async () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const folder = dirname(memoryFile());
    const lives = everyPointOnce(seed, 3);
    const { problems, hits, kills, executions } = await campaign(folder, bundledChild(folder), lives);
    expect(problems, `seed ${seed}`).toEqual([]);
    expect(kills).toBe(lives.length);
    expect(executions).toBeGreaterThan(kills);
    const missed = await missedAgain(FAULT_POINTS.filter((point) => !hits.has(point)));
    expect(missed, `seed ${seed}: the points that were never come to`).toEqual([]);
  }, 240_000);
});
