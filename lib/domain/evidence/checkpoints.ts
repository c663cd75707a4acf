import { CHECKPOINT_TYPE, type CheckpointPayload, type Head, rootFrom, rootOf } from '../checkpoint.ts';
import type { CheckpointLine, CoveredHead, Jwk } from './lines.ts';
import { misshapen } from './read-line.ts';
import { chainName, counted, type Report, timeOf } from './report.ts';
import { type EvidenceCrypto, openSigned } from './signed.ts';

/** What a checkpoint says of a chain: this event has this hash. */
export interface Expected {
  readonly sequence: number;
  readonly hash: string;
  /** Who says so, for a sentence. */
  readonly by: string;
  /** The line that says so; 1 where another file does. */
  readonly line: number;
  /** Whether a checkpoint says so. */
  readonly signed: boolean;
}

export interface CheckpointChecks {
  read(line: CheckpointLine, at: number): void;
  /** What the checkpoints say of each chain. */
  readonly expected: ReadonlyMap<string, readonly Expected[]>;
  /** The newest of them. */
  newest(): CheckpointPayload | undefined;
  readonly count: () => number;
}

const PAYLOAD = {
  instanceId: 'string',
  sequence: 'number',
  previousHash: 'string',
  at: 'number',
  reason: 'string',
  count: 'number',
  root: 'string',
} as const;

export interface CheckpointSetting {
  readonly report: Report;
  readonly crypto: EvidenceCrypto;
  readonly keys: ReadonlyMap<string, Jwk>;
  readonly instanceId: () => string | undefined;
  /** Whether every checkpoint of the instance is in the file: then none may be missing. */
  readonly wholeList: () => boolean;
  /** How far chains had come in an earlier file. */
  readonly earlier: readonly Head[];
}

/** Checks each checkpoint's signature, its place in the list, and that the heads are those that were signed. */
export function checkCheckpoints(setting: CheckpointSetting): CheckpointChecks {
  const { report, crypto, keys } = setting;
  const expected = new Map<string, Expected[]>();
  for (const { chain, sequence, hash } of setting.earlier) {
    expected.set(chain, [{ sequence, hash, by: 'the earlier file', line: 1, signed: false }]);
  }
  let before: { readonly payload: CheckpointPayload; readonly hash: string } | undefined;
  let count = 0;
  return {
    expected,
    newest: () => before?.payload,
    count: () => count,
    read(line, at) {
      const opened = openSigned(line.jws, { typ: CHECKPOINT_TYPE, keys }, crypto);
      if (!opened.ok) return report(at, `the checkpoint ${opened.what}`);
      const wrong = misshapen(opened.payload, PAYLOAD);
      if (wrong !== undefined) return report(at, `the checkpoint has no usable "${wrong}"`);
      const payload = opened.payload as unknown as CheckpointPayload;
      count += 1;
      const name = `checkpoint ${payload.sequence}`;
      if (payload.instanceId !== setting.instanceId()) {
        return report(at, `${name} is of another instance, ${payload.instanceId}`);
      }
      const place = whyNotNext(payload, before, setting.wholeList());
      if (place !== undefined) report(at, place);
      before = { payload, hash: crypto.digest(line.jws) };
      const heads = whyNotCovered(payload, line.heads, crypto);
      if (heads !== undefined) return report(at, heads);
      const by = `${name}, signed at ${timeOf(payload.at)} (line ${at}),`;
      for (const { chain, sequence, hash } of line.heads) {
        expected.set(chain, [...(expected.get(chain) ?? []), { sequence, hash, by, line: at, signed: true }]);
      }
    },
  };
}

function whyNotNext(
  { sequence, previousHash }: CheckpointPayload,
  before: { readonly payload: CheckpointPayload; readonly hash: string } | undefined,
  wholeList: boolean,
): string | undefined {
  const last = before?.payload.sequence ?? 0;
  if (sequence <= last)
    return `checkpoint ${sequence} is out of order, or there twice: it comes after ${last}`;
  const follows = sequence === last + 1;
  if (!follows && wholeList) {
    const missing = sequence - last - 1;
    return `${counted(missing, 'checkpoint')} before checkpoint ${sequence} ${missing === 1 ? 'is' : 'are'} missing`;
  }
  if (follows && previousHash !== (before?.hash ?? '')) {
    return `checkpoint ${sequence} does not continue the one before it: one of the two was replaced`;
  }
  return undefined;
}

function whyNotCovered(
  { sequence, count, root }: CheckpointPayload,
  heads: readonly CoveredHead[],
  { digest }: EvidenceCrypto,
): string | undefined {
  const whole = heads.every(({ path }) => path === undefined);
  if (whole) {
    return heads.length === count && rootOf(heads.map(bare), digest) === root
      ? undefined
      : `the heads beside checkpoint ${sequence} are not those that were signed`;
  }
  const wrong = heads.find((head) => rootFrom(bare(head), head.path ?? [], digest) !== root);
  return wrong && `checkpoint ${sequence} was not signed over this head of ${chainName(wrong.chain)}`;
}

const bare = ({ chain, sequence, hash }: CoveredHead) => ({ chain, sequence, hash });
