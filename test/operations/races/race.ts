import type { Status } from '../../../lib/domain/authorization.ts';
import { loadAuthorization } from '../../../lib/operations/records/authorization.ts';
import { type Choose, everyPreemption, everySchedule, interleave } from '../../support/interleavings.ts';
import { type ActorName, actorOf } from './actors.ts';
import type { Situation } from './situations.ts';
import { saidYes, wrongsOf } from './wrongs.ts';

/** What every order of a race together has shown. */
export interface Found {
  /** How many orders there are. */
  orders: number;
  /** What was wrong, after which order of commits; and whatever else went amiss. */
  readonly wrongs: Set<string>;
  /** Who was answered with a yes in any of them, and what has become of the request. */
  readonly yes: Set<ActorName>;
  readonly statuses: Set<Status>;
}

export const nothingFound = (): Found => ({
  orders: 0,
  wrongs: new Set(),
  yes: new Set(),
  statuses: new Set(),
});

interface Entry {
  readonly names: readonly ActorName[];
  /** Of two: also every order of their reads and commits that matters. */
  readonly preempted?: boolean;
}

/** Runs them together from this beginning in every order, and adds to what was found. */
export async function everyOrder(
  situation: Situation,
  { names, preempted = false }: Entry,
  found: Found = nothingFound(),
): Promise<Found> {
  const once = (granularity: 'every-call' | 'every-commit') => async (choose: Choose) => {
    const actors = names.map((name) => actorOf(name, situation));
    const race = await interleave(actors, situation.store, { choose, granularity });
    if (!race.repeats) {
      found.orders += 1;
      const during = race.order.join(', ');
      for (const wrong of await wrongsOf(situation, race)) found.wrongs.add(`${wrong} (${during})`);
      for (const name of names) if (saidYes(race, name) > 0) found.yes.add(name);
      const end = await loadAuthorization(situation.store, situation.reference);
      if (end !== undefined) found.statuses.add(end.status);
    }
    await situation.again();
  };
  await everySchedule(once('every-commit'));
  if (preempted) await everyPreemption(once('every-call'));
  return found;
}
