import type { Store } from '../../lib/ports/store.ts';

/** Something that works on the store while others do. */
export interface Actor<Result> {
  readonly name: string;
  /** It changes nothing but the store, not the time either: which of two reads comes first need not be tried. */
  readonly onlyTheStore?: true;
  run(store: Store): Promise<Result>;
}

/** How an actor ended. */
export interface Ended<Result> {
  readonly name: string;
  readonly result?: Result;
  readonly error?: unknown;
}

/** Before which of its calls an actor waits for its turn. */
export type Granularity = 'every-call' | 'every-commit';

interface Running<Result> {
  readonly name: string;
  readonly ended: () => Ended<Result> | undefined;
  /** Lets it go on until it waits for its next turn, or has ended. */
  advance(): Promise<void>;
}

function start<Result>(
  actor: Actor<Result>,
  inner: Store,
  { granularity, order }: { readonly granularity: Granularity; readonly order: string[] },
): Running<Result> {
  const held: (() => void)[] = [];
  let arrived = () => {};
  let end: Ended<Result> | undefined;
  const turn = () =>
    new Promise<void>((resolve) => {
      held.push(resolve);
      arrived();
    });
  const reading = async () => {
    if (granularity === 'every-call') await turn();
  };
  const store: Store = {
    get: async (key) => {
      await reading();
      return inner.get(key);
    },
    query: async (query) => {
      await reading();
      return inner.query(query);
    },
    commit: async (writes) => {
      await turn();
      const result = await inner.commit(writes);
      if (result.committed) order.push(actor.name);
      return result;
    },
  };
  const begin = () => {
    void actor
      .run(store)
      .then((result) => ({ result }))
      .catch((error: unknown) => ({ error }))
      .then((outcome) => {
        end = { name: actor.name, ...outcome };
        arrived();
      });
  };
  let begun: (() => void) | undefined = begin;
  return {
    name: actor.name,
    ended: () => end,
    advance: () =>
      new Promise((resolve) => {
        arrived = resolve;
        const next = begun ?? held.shift();
        begun = undefined;
        next?.();
      }),
  };
}

/** Chooses whose turn it is, among so many. */
export type Choose = (among: number) => number;

/** How a race went. */
export interface Run<Result> {
  readonly ended: readonly Ended<Result>[];
  /** Who has committed something, in that order. */
  readonly order: readonly string[];
  /** Another order differs from this one in which of two reads came first: it was left where that showed. */
  readonly repeats: boolean;
}

/**
 * Lets the actors run together, each step as `choose` says. Where commits are what is ordered, a commit that fails is a
 * read as well, and of two reads that follow each other only one order is gone through to its end: the first actor's
 * first.
 */
export async function interleave<Result>(
  actors: readonly Actor<Result>[],
  store: Store,
  { choose, granularity }: { readonly choose: Choose; readonly granularity: Granularity },
): Promise<Run<Result>> {
  const order: string[] = [];
  const running = actors.map((actor) => start(actor, store, { granularity, order }));
  /** Whose read it was that came last, if nothing has been committed since; before all actors where there is none. */
  let reader = -1;
  for (;;) {
    const ready = running.filter((one) => one.ended() === undefined);
    const next = ready[ready.length > 1 ? choose(ready.length) : 0];
    if (next === undefined) break;
    const at = running.indexOf(next);
    const before = order.length;
    await next.advance();
    const hasRead = order.length === before && actors[at]?.onlyTheStore === true;
    if (hasRead && granularity === 'every-commit' && at < reader) return { ended: [], order, repeats: true };
    reader = hasRead ? at : -1;
  }
  return { ended: running.flatMap((one) => one.ended() ?? []), order, repeats: false };
}

/**
 * Runs `once` again and again until every sequence of choices was made.
 * @returns how many there were.
 */
export async function everySchedule(once: (choose: Choose) => Promise<void>): Promise<number> {
  let made: { taken: number; readonly among: number }[] = [];
  for (let runs = 1; ; runs += 1) {
    let position = 0;
    await once((among) => {
      const choice = made[position] ?? { taken: 0, among };
      made[position] = choice;
      position += 1;
      return choice.taken;
    });
    made = made.slice(0, position);
    while (made.length > 0 && (made.at(-1)?.taken ?? 0) + 1 >= (made.at(-1)?.among ?? 0)) made.pop();
    const last = made.at(-1);
    if (last === undefined) return runs;
    last.taken += 1;
  }
}

/**
 * Runs `once` with one of two actors stopped after its first call, its second, and so on, while the other runs to its
 * end; then the same with the other one stopped. Together with every order of commits this is every order that matters:
 * two reads, one after the other, do not care which came first.
 * @returns how many orders there were.
 */
export async function everyPreemption(once: (choose: Choose) => Promise<void>): Promise<number> {
  let runs = 0;
  for (const stopped of [0, 1]) {
    for (let after = 0, wasStopped = true; wasStopped; after += 1) {
      let turns = 0;
      await once(() => {
        turns += 1;
        return turns <= after ? stopped : 1 - stopped;
      });
      // Once only one of them is left there is nothing to choose: it had ended before its turn came to stop.
      wasStopped = turns > after;
      runs += 1;
    }
  }
  return runs;
}
