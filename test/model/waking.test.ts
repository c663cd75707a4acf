import { describe, expect, it } from 'vitest';
import { stuck } from './explore.ts';
import { type Orders, type Waking, waking } from './waking.ts';

const AS_BUILT: Orders = {
  step: 'store, read',
  decider: 'write, wake',
  sweeper: true,
  timer: true,
  crashes: 3,
};

/** Whoever began goes on, and time goes by; nobody has to decide, and nothing has to crash. */
const isFair = (name: string): boolean => name !== 'somebody decides' && !name.startsWith('crash');

const stuckAt = (changed: Partial<Orders>, isGoal: (state: Waking) => boolean) =>
  stuck(waking({ ...AS_BUILT, ...changed }), { isGoal, fair: isFair });

const isOver = ({ authorization, execution }: Waking) => authorization === 'told' && execution === 'ended';
/** Without a timer nothing has to happen until somebody has decided. */
const isHeard = (state: Waking) => isOver(state) || state.authorization === 'pending';

describe('an authorization', () => {
  it('comes to an end whatever crashes, and everybody is told', () => {
    expect(stuckAt({}, isOver)).toBeUndefined();
  });

  it('does not without the sweeper', () => {
    expect(stuckAt({ sweeper: false }, isOver)).toContain('crash: the execution is aborted');
  });
});

describe('a decision', () => {
  const alone = { sweeper: false, timer: false, crashes: 0 };

  it('is heard without timer and sweeper, whichever comes first, the token or the decision', () => {
    expect(stuckAt(alone, isHeard)).toBeUndefined();
  });

  it('is missed by a step that reads before it stores its token', () => {
    expect(stuckAt({ ...alone, step: 'read, store' }, isHeard)).toContain('decider: second half');
  });

  it('is missed where the token is read before the decision is written', () => {
    expect(stuckAt({ ...alone, decider: 'wake, write' }, isHeard)).toContain('decider: second half');
  });
});
