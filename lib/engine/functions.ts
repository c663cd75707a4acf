import { createHash, createHmac } from 'node:crypto';
import jsonata from 'jsonata';

/** Numbers in [0, 1), the same ones for the same seed. */
export type Chance = () => number;

/**
 * Chance that repeats: replaying an execution draws the same jitter and the same identifiers as its first run
 * (invariant 3), and nobody without the key can foresee them.
 */
export function chance(key: string, seed: string): Chance {
  let draws = 0;
  return () => {
    draws += 1;
    const bytes = createHmac('sha256', key).update(`${seed}\n${draws}`).digest();
    return bytes.readUIntBE(0, 6) / 2 ** 48;
  };
}

/** What an evaluation may know of time and chance: both repeat in a replay. */
export interface Surroundings {
  readonly now: number;
  readonly chance: Chance;
}

/** The variable that carries the surroundings into an evaluation. No expression can name it: it begins with a space. */
export const SURROUNDINGS = ' surroundings';

interface Focus {
  readonly environment: { lookup(name: string): unknown };
}

interface Native {
  readonly implementation: (this: unknown, ...parameters: unknown[]) => unknown;
}

// jsonata's own date functions, which ours call with the execution's time in place of the machine's.
const fromMillis: Promise<Native> = jsonata('$fromMillis').evaluate(undefined);
const toMillis: Promise<Native> = jsonata('$toMillis').evaluate(undefined);

/**
 * The functions that Step Functions adds to JSONata (developer guide, "Transforming data with JSONata"), and those of
 * jsonata itself that would read the clock or draw chance, so that a replay gets the same answers.
 */
export function registerFunctions(expression: jsonata.Expression): void {
  expression.registerFunction('partition', partition, '<an:a>');
  expression.registerFunction('range', range, '<nnn:x>');
  expression.registerFunction('hash', hash, '<ss:s>');
  expression.registerFunction('parse', parse, '<s:x>');
  expression.registerFunction('uuid', uuid, '<:s>');
  expression.registerFunction('random', random, '<n?:n>');
  expression.registerFunction('shuffle', shuffle, '<a:a>');
  expression.registerFunction('now', now, '<s?s?:s>');
  expression.registerFunction('millis', millis, '<:n>');
  expression.registerFunction('toMillis', parseTime, '<s-s?:n>');
}

function surroundings(focus: Focus): Surroundings {
  const value = focus.environment.lookup(SURROUNDINGS);
  if (isSurroundings(value)) return value;
  throw new Error('evaluated without its surroundings');
}

const isSurroundings = (value: unknown): value is Surroundings =>
  typeof value === 'object' && value !== null && 'now' in value && 'chance' in value;

function partition(array: unknown[], size: number): unknown[][] {
  if (!Number.isInteger(size) || size < 1) throw new Error('$partition: the size must be a positive integer');
  return Array.from({ length: Math.ceil(array.length / size) }, (_, i) =>
    array.slice(i * size, (i + 1) * size),
  );
}

// The developer guide: "The generated array can't exceed 1000 items" of the intrinsic function that this replaces.
const LONGEST_RANGE = 1_000;

function range(first: number, last: number, step: number): unknown {
  if (![first, last, step].every(Number.isInteger) || step === 0) {
    throw new Error('$range: first, last and step must be integers, and step not 0');
  }
  const length = Math.max(0, Math.floor((last - first) / step) + 1);
  if (length > LONGEST_RANGE) throw new Error(`$range: more than ${LONGEST_RANGE} items`);
  // As recorded on AWS, one item is a value and not an array of one.
  return length === 1 ? first : Array.from({ length }, (_, i) => first + i * step);
}

const ALGORITHMS = new Set(['MD5', 'SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']);

function hash(data: string, algorithm: string): string {
  if (!ALGORITHMS.has(algorithm)) throw new Error(`$hash: unknown algorithm ${algorithm}`);
  return createHash(algorithm.replace('SHA-', 'sha')).update(data).digest('hex');
}

function parse(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return Object.is(value, -0) ? 0 : value;
}

function uuid(this: Focus): string {
  const { chance } = surroundings(this);
  const bytes = Buffer.from(Array.from({ length: 16 }, () => Math.floor(chance() * 256)));
  // RFC 9562, sections 4.1 and 5.4: version 4, variant 10.
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function random(this: Focus, seed?: number): number {
  if (seed === undefined) return surroundings(this).chance();
  return createHash('sha256').update(`${seed}`).digest().readUIntBE(0, 6) / 2 ** 48;
}

/** Fisher and Yates. */
function shuffle(this: Focus, array: unknown[]): unknown[] {
  const { chance } = surroundings(this);
  const result = [...array];
  for (let i = result.length - 1; i > 0; i -= 1) {
    const j = Math.floor(chance() * (i + 1));
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}

async function now(this: Focus, picture?: string, timezone?: string): Promise<unknown> {
  return (await fromMillis).implementation.call(this, surroundings(this).now, picture, timezone);
}

function millis(this: Focus): number {
  return surroundings(this).now;
}

/** A picture that leaves out the date means the day of this execution's time. */
async function parseTime(this: Focus, timestamp?: string, picture?: string): Promise<unknown> {
  const timed = { environment: { timestamp: new Date(surroundings(this).now) } };
  return (await toMillis).implementation.call(timed, timestamp, picture);
}
