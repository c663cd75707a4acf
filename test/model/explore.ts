/** A transition system with finitely many states. */
export interface Model<State> {
  readonly initial: State;
  /** Everything that may happen next, each with a name for people. */
  next(state: State): Iterable<Step<State>>;
  /** What is wrong with this state, in words; undefined when nothing is. */
  broken(state: State): string | undefined;
  /** The same text for the same state. */
  encode(state: State): string;
}

export interface Step<State> {
  readonly name: string;
  readonly state: State;
  /** What it takes of the budget; nothing, unless told otherwise. */
  readonly cost?: 1;
}

/** How a rule is broken: the cheapest way there. */
export interface Violation {
  readonly rule: string;
  readonly steps: readonly string[];
}

export interface Explored {
  readonly states: number;
  readonly violation?: Violation;
}

interface Came {
  readonly from: string;
  readonly name: string;
}

/**
 * Visits every state that can be reached within the budget, the cheapest first, and stops at the first one that breaks
 * a rule. Cheapest first: whoever comes to a state again comes with less left, and can do nothing new from there.
 */
export function explore<State>(model: Model<State>, budget: number): Explored {
  const cameBy = new Map<string, Came | undefined>([[model.encode(model.initial), undefined]]);
  let now: State[] = [model.initial];
  for (let spent = 0; spent <= budget && now.length > 0; spent += 1) {
    const later: (readonly [State, string, string])[] = [];
    for (let i = 0; i < now.length; i += 1) {
      const state = now[i] as State;
      const from = model.encode(state);
      for (const step of model.next(state)) {
        const code = model.encode(step.state);
        if (cameBy.has(code)) continue;
        if (step.cost === 1) {
          if (spent < budget) later.push([step.state, from, step.name]);
          continue;
        }
        cameBy.set(code, { from, name: step.name });
        const rule = model.broken(step.state);
        if (rule !== undefined)
          return { states: cameBy.size, violation: { rule, steps: wayTo(cameBy, code) } };
        now.push(step.state);
      }
    }
    now = [];
    for (const [state, from, name] of later) {
      const code = model.encode(state);
      if (cameBy.has(code)) continue;
      cameBy.set(code, { from, name });
      now.push(state);
    }
  }
  return { states: cameBy.size };
}

function wayTo(cameBy: ReadonlyMap<string, Came | undefined>, code: string): readonly string[] {
  const steps: string[] = [];
  for (let came = cameBy.get(code); came !== undefined; came = cameBy.get(came.from))
    steps.unshift(came.name);
  return steps;
}

/**
 * From which states no state of `goals` can be reached, going only by steps whose name `fair` accepts: those are the
 * states in which something could wait for ever.
 * @returns the shortest way into one of them, or undefined when there is none.
 */
export function stuck<State>(
  model: Model<State>,
  { isGoal, fair }: { readonly isGoal: (state: State) => boolean; readonly fair: (name: string) => boolean },
): readonly string[] | undefined {
  const index = new Map<string, number>();
  const states: State[] = [];
  const cameBy: ({ readonly from: number; readonly name: string } | undefined)[] = [];
  const backwards: number[][] = [];
  const add = (state: State, came: { readonly from: number; readonly name: string } | undefined): number => {
    const code = model.encode(state);
    const known = index.get(code);
    if (known !== undefined) return known;
    index.set(code, states.length);
    cameBy.push(came);
    backwards.push([]);
    return states.push(state) - 1;
  };
  add(model.initial, undefined);
  for (let from = 0; from < states.length; from += 1) {
    for (const { name, state } of model.next(states[from] as State)) {
      const to = add(state, { from, name });
      if (fair(name)) backwards[to]?.push(from);
    }
  }
  const ends = states.flatMap((state, i) => (isGoal(state) ? [i] : []));
  const reaching = new Set(ends);
  for (let at = ends.pop(); at !== undefined; at = ends.pop()) {
    for (const from of backwards[at] ?? []) {
      if (!reaching.has(from)) {
        reaching.add(from);
        ends.push(from);
      }
    }
  }
  const first = states.findIndex((_, i) => !reaching.has(i));
  if (first < 0) return undefined;
  const steps: string[] = [];
  for (let came = cameBy[first]; came !== undefined; came = cameBy[came.from]) steps.unshift(came.name);
  return steps;
}
