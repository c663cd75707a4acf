import { FAULT_POINTS, type FaultPoint } from '../../../lib/engine/faults.ts';
import type { Life } from './campaign.ts';

/** From being ready to being killed, in milliseconds of the real clock. */
const LONGEST_LIFE = 250;

/** Every point once, the first time that it is come to, and so many that end at random; shuffled. */
export function everyPointOnce(seed: number, atRandom: number): readonly Life[] {
  const random = randomFrom(seed);
  return shuffled(
    [...FAULT_POINTS.map((point) => ({ point, nth: 1 })), ...randomLives(atRandom, random)],
    random,
  );
}

/** The same, at times that differ. */
export function anyTime(seed: number, atRandom: number): readonly Life[] {
  const random = randomFrom(seed);
  const points = FAULT_POINTS.map((point) => ({ point, nth: 1 + Math.floor(random() ** 2 * mostOf(point)) }));
  return shuffled([...points, ...randomLives(atRandom, random)], random);
}

/** What a process comes to once, or seldom, or again and again. */
function mostOf(point: FaultPoint): number {
  if (point.startsWith('database:') || point.startsWith('engine:')) return 1;
  return /commit: (?!rolled)|function|started|returned/.test(point) ? 60 : 4;
}

const randomLives = (count: number, random: () => number): readonly Life[] =>
  Array.from({ length: count }, () => ({ milliseconds: Math.floor(random() * LONGEST_LIFE) }));

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map((item) => ({ item, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

/** mulberry32: repeatable numbers from 0 to 1. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
