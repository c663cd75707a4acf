import { describe, expect, it } from 'vitest';
import { CONDITIONS, type ConditionName, type Removed } from './conditions.ts';
import { explore } from './explore.ts';
import { protocol } from './protocol.ts';
import { WORLDS } from './worlds.ts';

type WorldName = keyof typeof WORLDS;

/** `MODEL_BUDGET=6` looks at some two million orders of everything, and takes minutes. */
const DEEPER = Number(process.env.MODEL_BUDGET ?? 0);

const exploreWorld = (name: WorldName, removed?: Removed) =>
  explore(
    protocol(WORLDS[name].bounds, removed),
    Math.max(WORLDS[name].budget, name === 'everything' ? DEEPER : 0),
  );

describe('every order of what people and steps do, with every crash and every step run twice', () => {
  it.each(Object.keys(WORLDS) as readonly WorldName[])(
    'breaks no rule: %s',
    (name) => {
      const { states, violation } = exploreWorld(name);
      expect(violation).toBeUndefined();
      expect(states).toBeGreaterThan(100);
    },
    600_000,
  );
});

/**
 * Each condition, what breaks without it, and where. `write`: it is left out of the write alone, where the rule still
 * looks at it before, so that only somebody who comes in between is hurt. `both`: out of the rule as well, because what
 * it says cannot change between the two.
 */
const NEEDED: readonly (readonly [ConditionName, 'write' | 'both', WorldName, string])[] = [
  ['record: lossVersion', 'write', 'losses', 'the manifest was out of date when it was recorded'],
  ['record: stopVersion', 'write', 'decisions', 'a key was destroyed after a withdrawal was answered'],
  ['record: policy', 'write', 'without the policy', 'recorded under another policy'],
  ['record: what it supersedes', 'write', 'superseding', 'two authorizations are open'],
  ['record: grant', 'write', 'two keys', 'somebody without the role authorized'],
  ['approve: pending', 'write', 'decisions', 'withdrawn became approved'],
  ['approve: round', 'write', 'another round', 'another round was approved'],
  ['approve: window', 'both', 'losses', 'approved after the window'],
  ['approve: another person', 'both', 'superseding', 'somebody approved their own request'],
  ["approve: requester's grant", 'write', 'two keys', 'the requester does not hold the role'],
  ["approve: approver's grant", 'write', 'two keys', 'the approver could not approve'],
  ['approve: lossVersion', 'write', 'losses', 'approved what would not be lost'],
  ['deny: pending', 'write', 'decisions', 'withdrawn became denied'],
  ['deny: grant', 'write', 'a denial', 'somebody without the role denied'],
  ['deny: round', 'write', 'rounds', 'another round was denied'],
  ['withdraw: points here', 'write', 'decisions', 'a key was destroyed after a withdrawal was answered'],
  ['withdraw: status', 'write', 'decisions', 'denied became withdrawn'],
  [
    'withdraw: raises stopVersion',
    'write',
    'decisions',
    'a key was destroyed after a withdrawal was answered',
  ],
  [
    'withdraw: not destroying',
    'both',
    'keys that live elsewhere',
    'a key was destroyed after a withdrawal was answered',
  ],
  ['change: not destroying', 'both', 'keys that live elsewhere', 'something was lost that nobody approved'],
  ['finish: destroying', 'write', 'keys that live elsewhere', 'consumed became consumed'],
  ['lapse: pending', 'write', 'another round', 'approved became lapsed'],
  ['reauthorize: status', 'write', 'another round', 'expired became pending'],
  ['reauthorize: round', 'write', 'rounds', 'a round was left out'],
  ['reauthorize: time', 'both', 'another round', 'asked again too late'],
  ['reauthorize: lossVersion', 'write', 'losses', 'the manifest was out of date when it was recorded'],
  ['reauthorize: grant', 'write', 'grants', 'somebody without the role authorized'],
  ['expire: status', 'write', 'another round', 'expired became expired'],
  ['destroy: approved', 'write', 'decisions', 'withdrawn became consumed'],
  ['destroy: lossVersion', 'write', 'without the policy', 'something was lost that nobody approved'],
  ["destroy: requester's grant", 'write', 'without the policy', 'the requester does not hold the role'],
  ["destroy: approver's grant", 'write', 'two keys', 'the approver could not approve'],
  ['destroy: approval not too old', 'write', 'without the policy', 'an approval was too old'],
  ['destroy: policy still off', 'write', 'without the policy', 'one person destroyed a key that needs two'],
];

/** Conditions of which either alone is enough: only without both does something break. */
const EITHER: readonly (readonly [readonly [ConditionName, ConditionName], WorldName, string])[] = [
  [['lapse: round', 'lapse: window'], 'another round', 'another round has ended'],
  [['expire: round', 'expire: time'], 'rounds', 'another round has ended'],
  [['record: no item with this id', 'record: what it supersedes'], 'superseding', 'pending became pending'],
];

/** Held by others today: what is superseded is not pending any more, and nothing supersedes an approval. */
const SECOND_LINES: readonly ConditionName[] = [
  'approve: points here',
  'deny: points here',
  'destroy: points here',
];

describe('without', () => {
  it.each(NEEDED)('%s (left out of %s, world: %s): %s', (condition, where, world, rule) => {
    expect(exploreWorld(world, { [where]: [condition] }).violation?.rule).toBe(rule);
  });

  it.each(EITHER)('%s together (world: %s): %s', (pair, world, rule) => {
    expect(exploreWorld(world, { write: [pair[0]] }).violation).toBeUndefined();
    expect(exploreWorld(world, { write: pair }).violation?.rule).toBe(rule);
  });

  it.each(SECOND_LINES)(
    '%s alone nothing breaks',
    (condition) => {
      for (const world of ['decisions', 'superseding', 'another round', 'losses', 'grants'] as const) {
        expect(exploreWorld(world, { write: [condition] }).violation).toBeUndefined();
      }
    },
    60_000,
  );

  it('a word on every condition', () => {
    const told = [...NEEDED.map(([name]) => name), ...EITHER.flatMap(([pair]) => pair), ...SECOND_LINES];
    expect(new Set(told)).toEqual(new Set(CONDITIONS));
  });
});
