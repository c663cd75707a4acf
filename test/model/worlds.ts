import type { Bounds } from './protocol.ts';

/** What is looked at, and how many commands are given in it. */
export interface World {
  readonly bounds: Bounds;
  readonly budget: number;
}

const ONE_KEY = { keys: 1, authorizations: 1, rounds: 2, flights: 2, ticks: 2 } as const;

/** Everything together to a small depth, and the parts that meddle with one another deeper. */
export const WORLDS = {
  everything: { bounds: { ...ONE_KEY, authorizations: 2, ticks: 3 }, budget: 4 },
  decisions: {
    bounds: { ...ONE_KEY, only: ['ask', 'record', 'approve', 'deny', 'withdraw', 'destroy'], ticks: 1 },
    budget: 6,
  },
  superseding: {
    bounds: { ...ONE_KEY, authorizations: 2, only: ['ask', 'record', 'approve', 'destroy'], ticks: 1 },
    budget: 6,
  },
  rounds: {
    bounds: {
      ...ONE_KEY,
      rounds: 3,
      ticks: 5,
      only: ['ask', 'record', 'deny', 'settle', 'reauthorize', 'tick'],
    },
    budget: 6,
  },
  'another round': {
    bounds: { ...ONE_KEY, ticks: 3, only: ['ask', 'record', 'approve', 'settle', 'reauthorize', 'tick'] },
    budget: 5,
  },
  losses: {
    bounds: {
      ...ONE_KEY,
      only: ['ask', 'record', 'approve', 'destroy', 'rotate', 'settle', 'reauthorize', 'tick'],
    },
    budget: 6,
  },
  grants: {
    bounds: {
      ...ONE_KEY,
      ticks: 3,
      only: ['ask', 'record', 'approve', 'destroy', 'revoke', 'grant', 'settle', 'reauthorize', 'tick'],
    },
    budget: 5,
  },
  'without the policy': {
    bounds: {
      ...ONE_KEY,
      twoPeople: false,
      only: ['ask', 'record', 'destroy', 'require', 'rotate', 'revoke', 'settle', 'tick'],
    },
    budget: 6,
  },
  'keys that live elsewhere': {
    bounds: {
      ...ONE_KEY,
      external: true,
      ticks: 1,
      only: ['ask', 'record', 'approve', 'withdraw', 'destroy', 'finish', 'rotate'],
    },
    budget: 6,
  },
  'a denial': { bounds: { ...ONE_KEY, ticks: 1, only: ['ask', 'record', 'deny', 'revoke'] }, budget: 4 },
  'two keys': {
    bounds: { ...ONE_KEY, keys: 2, ticks: 1, only: ['ask', 'record', 'approve', 'destroy', 'revoke'] },
    budget: 5,
  },
} as const satisfies { readonly [name: string]: World };
