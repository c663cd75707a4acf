import type { ActorName } from './actors.ts';
import type { Beginning } from './situations.ts';

/** Who can change something then, or be refused by what another one changes. */
export const CAN_HAPPEN = {
  pending: [
    'alice approves',
    'bob approves',
    'bob denies',
    'wendy withdraws',
    'alice asks anew',
    'the time runs out',
    'wendy re-authorizes',
    'the key is rotated',
    'a resource is registered',
    'alice loses her role',
    'alice is removed',
    'wendy is removed',
    'the key is to be deleted',
  ],
  overdue: [
    'alice approves',
    'bob denies',
    'wendy withdraws',
    'alice asks anew',
    'the time runs out',
    'wendy re-authorizes',
    'the key is rotated',
    'a resource is registered',
    'alice loses her role',
  ],
  lapsed: [
    'alice approves',
    'bob approves',
    'bob denies',
    'wendy withdraws',
    'alice asks anew',
    'the time runs out',
    'wendy re-authorizes',
    'the key is rotated',
    'a resource is registered',
    'alice loses her role',
    'alice is removed',
  ],
  approved: [
    'bob approves',
    'bob denies',
    'wendy withdraws',
    'alice asks anew',
    'the time runs out',
    'the key is rotated',
    'a resource is registered',
    'alice loses her role',
    'alice is removed',
    'wendy is removed',
    'the key is to be deleted',
  ],
  drifted: [
    'bob approves',
    'wendy withdraws',
    'alice asks anew',
    'the time runs out',
    'alice re-authorizes',
    'the key is rotated',
    'a resource is registered',
    'alice loses her role',
  ],
} as const satisfies { readonly [beginning in Beginning]: readonly ActorName[] };

export const BEGINNINGS = Object.keys(CAN_HAPPEN) as readonly Beginning[];

/**
 * Without it: of the slower races, those in which somebody takes the step that matters most. `all`: every one but those
 * of three on DynamoDB, in about two minutes. `everywhere`: those as well, in about twenty.
 */
const { RACES } = process.env;
const ALL = RACES === 'all' || RACES === 'everywhere';

/** What a deletion by two people hangs on. */
const DECISIVE: Partial<Record<Beginning, ActorName>> = {
  pending: 'alice approves',
  approved: 'the key is to be deleted',
  lapsed: 'wendy re-authorizes',
  drifted: 'alice re-authorizes',
};

const isDecisive = (beginning: Beginning, names: readonly ActorName[]): boolean =>
  names.some((name) => name === DECISIVE[beginning]);

/** Every two of them, and everybody with themselves. */
export const pairsOf = (beginning: Beginning): readonly (readonly ActorName[])[] => {
  const names: readonly ActorName[] = CAN_HAPPEN[beginning];
  return names.flatMap((first, i) => names.slice(i).map((second) => [first, second]));
};

/** Every three different ones. */
export function triplesOf(beginning: Beginning): readonly (readonly ActorName[])[] {
  const names: readonly ActorName[] = CAN_HAPPEN[beginning];
  const triples = names.flatMap((first, i) =>
    names.slice(i + 1).flatMap((second, j) => names.slice(i + j + 2).map((third) => [first, second, third])),
  );
  return triples.filter((triple) => ALL || isDecisive(beginning, triple));
}

/** An order takes some twenty times as long there. */
export const dynamodbRacesOf = (beginning: Beginning): readonly (readonly ActorName[])[] => {
  if (RACES === 'everywhere') return [...pairsOf(beginning), ...triplesOf(beginning)];
  if (ALL) return pairsOf(beginning);
  const isTheRequests = beginning === 'pending' || beginning === 'approved';
  return isTheRequests ? pairsOf(beginning).filter((names) => isDecisive(beginning, names)) : [];
};
