import { canonicalJson } from '../canonical.ts';
import type { EvidenceLine } from './lines.ts';

type Shape = { readonly [member: string]: 'string' | 'number' | 'boolean' | 'object' };

/** The members that a line must have, by its type. More are allowed: they are covered by the seal alone. */
const SHAPES: { readonly [type in EvidenceLine['type']]: Shape } = {
  evidence: {
    version: 'number',
    instanceId: 'string',
    instanceName: 'string',
    exportId: 'string',
    exportedAt: 'number',
    exportedBy: 'string',
    filter: 'object',
  },
  'public-key': { use: 'string', jwk: 'object' },
  person: { id: 'string', name: 'string' },
  checkpoint: { jws: 'string', heads: 'object' },
  chain: { chain: 'string', name: 'string', complete: 'boolean', sequence: 'number', hash: 'string' },
  event: { chain: 'string', event: 'object' },
  authorization: { chain: 'string', authorization: 'object' },
  mail: { chain: 'string', record: 'object' },
  opening: { chain: 'string', record: 'object' },
  execution: { chain: 'string', record: 'object' },
  seal: { jws: 'string' },
};

const EVENT: Shape = {
  sequence: 'number',
  at: 'number',
  previousHash: 'string',
  hash: 'string',
  action: 'string',
  actor: 'string',
  outcome: 'string',
};
const HEAD: Shape = { chain: 'string', sequence: 'number', hash: 'string' };
const STEP: Shape = { side: 'string', hash: 'string' };

export type ReadLine =
  | { readonly ok: true; readonly line: EvidenceLine; readonly canonical: boolean }
  | { readonly ok: false; readonly what: string };

/** A line of the file, or what is wrong with it, in words. */
export function readLine(text: string): ReadLine {
  const value = parsed(text);
  if (!isObject(value)) return { ok: false, what: 'it is no JSON object' };
  const type = value.type;
  if (!isType(type)) return { ok: false, what: `its type is ${JSON.stringify(type)}, which is none` };
  const wrong = misshapen(value, SHAPES[type]) ?? within(type, value);
  if (wrong !== undefined) return { ok: false, what: `it has no usable "${wrong}"` };
  return {
    ok: true,
    line: value as unknown as EvidenceLine,
    canonical: canonicalJson(value) === text,
  };
}

function within(type: EvidenceLine['type'], value: Members): string | undefined {
  switch (type) {
    case 'event':
      return misshapen(value.event, EVENT);
    case 'public-key':
      return isObject(value.jwk) && Object.values(value.jwk).every((member) => typeof member === 'string')
        ? undefined
        : 'jwk';
    case 'checkpoint':
      return Array.isArray(value.heads) && value.heads.every(isHead) ? undefined : 'heads';
    default:
      return undefined;
  }
}

const isHead = (head: unknown): boolean =>
  isObject(head) &&
  misshapen(head, HEAD) === undefined &&
  (head.path === undefined ||
    (Array.isArray(head.path) && head.path.every((step) => misshapen(step, STEP) === undefined)));

type Members = { readonly [name: string]: unknown };

export const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The first member that is missing or of another kind. */
export function misshapen(value: unknown, shape: Shape): string | undefined {
  if (!isObject(value)) return 'event';
  return Object.entries(shape).find(([name, kind]) => !fits(value[name], kind))?.[0];
}

function fits(value: unknown, kind: Shape[string]): boolean {
  if (kind === 'number') return Number.isSafeInteger(value);
  return kind === 'object' ? typeof value === 'object' && value !== null : typeof value === kind;
}

const isType = (type: unknown): type is EvidenceLine['type'] =>
  typeof type === 'string' && Object.hasOwn(SHAPES, type);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
