import type { CheckpointReason, Head } from '../domain/checkpoint.ts';
import { accept, type Decision } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Store } from '../ports/store.ts';
import {
  type AuthorizationHistory,
  type AuthorizationName,
  authorizationHistory,
} from './authorization-history.ts';
import { type Caller, sha256 } from './caller.ts';
import type { Context } from './context.ts';
import { loadCheckpoint, loadKeyCheckpoints, type StoredCheckpoint } from './records/checkpoint.ts';
import type { KeyReference } from './records/key.ts';
import { couldHaveApproved, type WhoCouldApprove } from './who-could-approve.ts';

/** The first checkpoint that was signed when everything of an authorization was in its key's chain. */
export interface CoveringCheckpoint {
  readonly sequence: number;
  readonly at: EpochMillis;
  readonly reason: CheckpointReason;
  /** SHA-256 of the checkpoint as it was signed, by which the next one names it. */
  readonly hash: string;
  /** Up to where it covers the key's chain. */
  readonly head: Head;
}

export interface AuthorizationEvidence extends AuthorizationHistory {
  /** Absent until there is one: a day after the last event, or within a minute of a destruction. */
  readonly checkpoint?: CoveringCheckpoint;
  readonly approvers: WhoCouldApprove;
}

/** What there is to show for one authorization: who, when, what was shown, and what holds that together. */
export async function authorizationEvidence(
  context: Context,
  caller: Caller,
  name: AuthorizationName,
): Promise<Decision<AuthorizationEvidence>> {
  const found = await authorizationHistory(context, caller, name);
  if (!found.ok) return found;
  const approvers = await couldHaveApproved(context, found.value);
  const { key, events } = found.value;
  const newest = events.at(-1)?.sequence ?? 0;
  const checkpoint = await covering(context.store, key, newest);
  return accept({
    ...found.value,
    approvers,
    ...(checkpoint !== undefined && { checkpoint }),
  });
}

const AT_ONCE = 1_000;

/** The first checkpoint that covers the key's chain up to this event: each covers as much as the one before, or more. */
async function covering(
  store: Store,
  key: KeyReference,
  sequence: number,
): Promise<CoveringCheckpoint | undefined> {
  const numbers = await checkpointsOf(store, key);
  let found: CoveringCheckpoint | undefined;
  for (let [low, high] = [0, numbers.length]; low < high; ) {
    const middle = Math.floor((low + high) / 2);
    const stored = await loadCheckpoint(store, key.instanceId, numbers[middle] ?? 0);
    const one = stored && coveredBy(stored, key.id);
    if (one !== undefined && one.head.sequence >= sequence) {
      found = one;
      high = middle;
    } else low = middle + 1;
  }
  return found;
}

async function checkpointsOf(store: Store, key: KeyReference): Promise<readonly number[]> {
  const numbers: number[] = [];
  let after: string | undefined;
  do {
    const page = await loadKeyCheckpoints(store, key, {
      limit: AT_ONCE,
      ...(after !== undefined && { after }),
    });
    numbers.push(...page.checkpoints);
    after = page.cursor;
  } while (after !== undefined);
  return numbers;
}

function coveredBy(
  { sequence, jws, heads }: StoredCheckpoint,
  chain: string,
): CoveringCheckpoint | undefined {
  const head = heads.find((one) => one.chain === chain);
  if (head === undefined) return undefined;
  // Our own, as it was written: whoever does not believe it verifies the exported file.
  const { at, reason } = JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()) as {
    readonly at: EpochMillis;
    readonly reason: CheckpointReason;
  };
  return { sequence, at, reason, hash: sha256(jws), head };
}
