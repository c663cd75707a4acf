import type { Model, Step } from './explore.ts';

/**
 * How an execution that waits hears of a decision: the step stores its token and then reads, whoever decides writes and
 * then reads the token. Any of it may be cut off by a crash; the sweeper finishes what was left.
 */
export interface Waking {
  readonly authorization: 'pending' | 'decided' | 'told';
  readonly windowOver: boolean;
  /** The step that waits: before each of its two halves, waiting, woken, telling, at its end, or gone. */
  readonly execution: 'first' | 'second' | 'waiting' | 'woken' | 'ended' | 'gone';
  /** The token that is stored; one that belongs to an execution that is gone wakes nobody. */
  readonly token: 'none' | 'live' | 'dead';
  readonly decider: 'idle' | 'first' | 'second' | 'done';
  readonly crashes: number;
}

export interface Orders {
  /** Which half comes first. */
  readonly step: 'store, read' | 'read, store';
  readonly decider: 'write, wake' | 'wake, write';
  readonly sweeper: boolean;
  readonly crashes: number;
  /** Whether the window's timer fires. */
  readonly timer: boolean;
}

export function waking(orders: Orders): Model<Waking> {
  return {
    initial: {
      authorization: 'pending',
      windowOver: false,
      execution: 'first',
      token: 'none',
      decider: 'idle',
      crashes: orders.crashes,
    },
    broken: () => undefined,
    encode: (state) => Object.values(state).join(),
    *next(state) {
      yield* decide(state, orders);
      yield* wait(state, orders);
      yield* time(state, orders);
      yield* crash(state);
      if (orders.sweeper) yield* sweep(state);
    },
  };
}

const woken = (state: Waking): Waking =>
  state.token === 'live' && state.execution === 'waiting' ? { ...state, execution: 'woken' } : state;

const decided = (state: Waking): Waking =>
  state.authorization === 'pending' && !state.windowOver ? { ...state, authorization: 'decided' } : state;

function* decide(state: Waking, orders: Orders): Iterable<Step<Waking>> {
  const halves = orders.decider === 'write, wake' ? [decided, woken] : [woken, decided];
  const [first = woken, second = woken] = halves;
  if (state.decider === 'idle') yield { name: 'somebody decides', state: { ...state, decider: 'first' } };
  if (state.decider === 'first') {
    yield { name: 'decider: first half', state: { ...first(state), decider: 'second' } };
  }
  if (state.decider === 'second') {
    yield { name: 'decider: second half', state: { ...second(state), decider: 'done' } };
  }
}

const stored = (state: Waking): Waking => ({ ...state, token: 'live' });

function* wait(state: Waking, orders: Orders): Iterable<Step<Waking>> {
  const seen = state.authorization !== 'pending';
  if (state.execution === 'first') {
    const next = orders.step === 'store, read' ? stored(state) : state;
    const execution = orders.step === 'read, store' && seen ? 'woken' : 'second';
    yield { name: 'step: first half', state: { ...next, execution } };
  }
  if (state.execution === 'second') {
    const next = orders.step === 'store, read' ? state : stored(state);
    const execution = orders.step === 'store, read' && seen ? 'woken' : 'waiting';
    yield { name: 'step: second half', state: { ...next, execution } };
  }
  if (state.execution === 'woken') {
    // Whatever woke it, it goes by what it reads: still pending, it waits again.
    const authorization = state.windowOver && !seen ? 'decided' : state.authorization;
    yield authorization === 'pending'
      ? { name: 'step: waits again', state: { ...state, execution: 'first' } }
      : { name: 'step: tells', state: { ...state, authorization: 'told', execution: 'ended' } };
  }
}

function* time(state: Waking, { timer }: Orders): Iterable<Step<Waking>> {
  if (!timer) return;
  if (!state.windowOver) yield { name: 'the window ends', state: { ...state, windowOver: true } };
  else if (state.execution === 'waiting')
    yield { name: 'the timer fires', state: { ...state, execution: 'woken' } };
}

function* crash(state: Waking): Iterable<Step<Waking>> {
  if (state.crashes === 0) return;
  const crashes = state.crashes - 1;
  if (state.decider === 'first' || state.decider === 'second') {
    yield { name: 'crash: the decider', state: { ...state, crashes, decider: 'done' } };
  }
  if (state.execution !== 'ended' && state.execution !== 'gone') {
    const token = state.token === 'live' ? 'dead' : state.token;
    yield { name: 'crash: the execution is aborted', state: { ...state, crashes, execution: 'gone', token } };
  }
  if (state.execution === 'second') {
    yield { name: 'crash: the step runs again', state: { ...state, crashes, execution: 'first' } };
  }
}

function* sweep(state: Waking): Iterable<Step<Waking>> {
  if (state.authorization === 'told') return;
  const { windowOver, authorization } = state;
  if (windowOver && authorization === 'pending') {
    yield { name: 'sweeper: settles', state: { ...state, authorization: 'decided' } };
  }
  if (authorization === 'decided' && woken(state) !== state)
    yield { name: 'sweeper: wakes', state: woken(state) };
  if (state.execution === 'gone')
    yield { name: 'sweeper: restarts', state: { ...state, execution: 'first' } };
}
