import {
  CHECKPOINT_TYPE,
  type CheckpointPayload,
  type CheckpointReason,
  checkpointDue,
  type Head,
  INSTANCE_CHAIN,
  MOST_HEADS,
  rootOf,
} from '../domain/checkpoint.ts';
import { problemFields, TransientError } from '../domain/errors.ts';
import type { Key } from '../domain/key.ts';
import { nextKeyLook } from '../domain/key-due.ts';
import { accept } from '../domain/refusal.ts';
import { DAY, type EpochMillis } from '../domain/time.ts';
import type { Write } from '../ports/store.ts';
import { attempt } from './attempts.ts';
import { sha256 } from './caller.ts';
import type { Context } from './context.ts';
import { inLanes } from './lanes.ts';
import {
  type CheckpointList,
  checkpointItem,
  checkpointListDue,
  emptyCheckpointList,
  hasPublicKey,
  keyCheckpointItem,
  loadCheckpointList,
  publicKeyItem,
  updateCheckpointList,
} from './records/checkpoint.ts';
import { dueAt } from './records/due.ts';
import { loadInstance } from './records/instance.ts';
import { type KeyReference, keyKey, loadKey } from './records/key.ts';
import { signStatement } from './sign-statement.ts';

/** How many chains are read, or marked, at once. */
const LANES = 8;

/**
 * Makes the checkpoints that are due of these keys, up to a hundred chains in one. Done twice at once, or again after
 * a crash, it says the same once more: a checkpoint is a true statement whenever it is made. What cannot be signed now
 * stays due.
 */
export async function checkpointKeys(context: Context, references: readonly KeyReference[]): Promise<void> {
  const now = context.clock.now();
  const groups = new Map<string, Due>();
  await inLanes(references, LANES, async ({ instanceId, id }) => {
    const key = await loadKey(context.store, instanceId, id);
    const due = key && checkpointDue(key);
    if (key === undefined || due === undefined || due.at > now) return;
    const group = groups.get(`${instanceId} ${due.reason}`) ?? { instanceId, reason: due.reason, keys: [] };
    groups.set(`${instanceId} ${due.reason}`, { ...group, keys: [...group.keys, key] });
  });
  for (const { instanceId, reason, keys } of groups.values()) {
    for (let from = 0; from < keys.length; from += MOST_HEADS) {
      const some = keys.slice(from, from + MOST_HEADS);
      await logged(context, () => checkpointSome(context, { instanceId, reason, keys: some }));
    }
  }
}

interface Due {
  readonly instanceId: string;
  readonly reason: CheckpointReason;
  readonly keys: readonly Key[];
}

async function checkpointSome(context: Context, { instanceId, reason, keys }: Due): Promise<void> {
  const heads = keys.map(({ id, auditSequence, auditHash }) => ({
    chain: id,
    sequence: auditSequence,
    hash: auditHash,
  }));
  const { sequence, at } = await append(context, { instanceId, reason, heads });
  await inLanes(keys, LANES, (key) => mark(context, key, { sequence, at }));
}

/** Says at the key that the checkpoint covers it, and takes it off the sweeper's list where nothing else has happened. */
async function mark(
  { store }: Context,
  key: Key,
  { sequence, at }: { readonly sequence: number; readonly at: EpochMillis },
): Promise<void> {
  const reference: Write = { put: keyCheckpointItem(key, sequence), when: [] };
  const checkpoint = { sequence: key.auditSequence, at };
  const due = nextKeyLook({ ...key, checkpoint });
  const marked: Write = {
    update: keyKey(key.instanceId, key.id),
    when: [{ attribute: 'auditSequence', is: 'equal', value: key.auditSequence }],
    set: { checkpoint },
    indexes: { due: due === undefined ? null : dueAt('key', due, key.id) },
  };
  // Changed meanwhile: it is due again, but this checkpoint covers it all the same.
  if (!(await store.commit([reference, marked])).committed) await store.commit([reference]);
}

/** The daily look at an instance: a checkpoint where its own chain has grown. */
export async function checkpointInstance(context: Context, instanceId: string): Promise<void> {
  const [list, instance] = await Promise.all([
    loadCheckpointList(context.store, instanceId),
    loadInstance(context.store, instanceId),
  ]);
  if (list === undefined || instance === undefined) return;
  const { auditSequence: sequence, auditHash: hash } = instance;
  if (sequence > list.covered) {
    const heads = [{ chain: INSTANCE_CHAIN, sequence, hash }];
    await append(context, { instanceId, reason: 'daily', heads, covered: sequence });
    return;
  }
  const due = checkpointListDue(instanceId, context.clock.now() + DAY);
  await context.store.commit([updateCheckpointList(list, { due })]);
}

interface NewCheckpoint {
  readonly instanceId: string;
  readonly reason: CheckpointReason;
  readonly heads: readonly Head[];
  /** The number of the instance's own event among the heads, if it is. */
  readonly covered?: number;
}

/** Appends to the instance's list; of two at once, the second is made anew upon the first. */
async function append(context: Context, checkpoint: NewCheckpoint): Promise<CheckpointPayload> {
  await publishKey(context, checkpoint.instanceId);
  const done = await attempt(context, async () => {
    const { store, clock, checkpointSigner } = context;
    const now = clock.now();
    const list = await loadCheckpointList(store, checkpoint.instanceId);
    const payload = payloadOf(checkpoint, list, now);
    const jws = await signStatement(checkpointSigner, { typ: CHECKPOINT_TYPE, payload });
    const { committed } = await store.commit(writesOf(checkpoint, list, { payload, jws }));
    return committed ? accept(payload) : undefined;
  });
  if (!done.ok) throw new TransientError('others make checkpoints of this instance again and again');
  return done.value;
}

const payloadOf = (
  { instanceId, reason, heads }: NewCheckpoint,
  list: Pick<CheckpointList, 'sequence' | 'hash'> = { sequence: 0, hash: '' },
  now: EpochMillis,
): CheckpointPayload => ({
  instanceId,
  sequence: list.sequence + 1,
  previousHash: list.hash,
  at: now,
  reason,
  count: heads.length,
  root: rootOf(heads, sha256),
});

function writesOf(
  { instanceId, heads, covered }: NewCheckpoint,
  list: CheckpointList | undefined,
  { payload, jws }: { readonly payload: CheckpointPayload; readonly jws: string },
): readonly Write[] {
  const { sequence, at } = payload;
  const put = checkpointItem(instanceId, { sequence, jws, heads });
  const set = { sequence, hash: sha256(jws), ...(covered !== undefined && { covered }) };
  const entry: Write = { put, when: [{ item: 'absent' }] };
  if (list !== undefined) {
    const due = covered === undefined ? undefined : checkpointListDue(instanceId, at + DAY);
    return [entry, updateCheckpointList(list, { set, ...(due !== undefined && { due }) })];
  }
  const empty = emptyCheckpointList(instanceId, at);
  return [
    entry,
    { put: { ...empty, attributes: { ...empty.attributes, ...set } }, when: [{ item: 'absent' }] },
  ];
}

/** Kept with the first checkpoint that it signs, so that older ones can be verified when it was replaced. */
async function publishKey({ store, checkpointSigner }: Context, instanceId: string): Promise<void> {
  const { kid, ...members } = await checkpointSigner.publicKey();
  if (await hasPublicKey(store, instanceId, kid)) return;
  const jwk = Object.fromEntries(
    Object.entries({ kid, ...members }).map(([name, value]) => [name, String(value)]),
  );
  await store.commit([{ put: publicKeyItem(instanceId, { kid, jwk }), when: [{ item: 'absent' }] }]);
}

/** A checkpoint that cannot be made keeps nothing else waiting. */
async function logged(context: Context, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    context.log.error('a checkpoint could not be made; the sweeper will come back', problemFields(error));
  }
}
