import type { Authorization } from '../../domain/authorization.ts';
import { pathTo } from '../../domain/checkpoint.ts';
import {
  type CheckpointLine,
  type CoveredHead,
  END,
  type EvidenceFilter,
  type EvidenceLine,
} from '../../domain/evidence/lines.ts';
import { sha256 } from '../caller.ts';
import type { Context } from '../context.ts';
import { executionsOf, openingsOf } from '../history.ts';
import { mailRecords } from '../mail-records.ts';
import { authorizationOfItem, referenceOf } from '../records/authorization.ts';
import {
  loadCheckpoint,
  loadCheckpoints,
  loadKeyCheckpoints,
  type StoredCheckpoint,
} from '../records/checkpoint.ts';
import { keyPartition } from '../records/key.ts';
import type { ChainReading, Step } from './chains.ts';
import type { Position } from './position.ts';

/** Each with its mails, openings and executions, which are read one after the other. */
const AUTHORIZATIONS_AT_ONCE = 1;

/** The authorizations of a key's deletion, one at a time, with what belongs to each. */
export async function readRecords(
  context: Context,
  { instanceId, filter }: ChainReading,
  { chain, after }: Extract<Position, { readonly at: 'records' }>,
): Promise<Step> {
  const { items, cursor } = await context.store.query({
    table: 'main',
    partition: keyPartition(instanceId, chain),
    prefix: 'authorization#',
    limit: AUTHORIZATIONS_AT_ONCE,
    ...(after !== undefined && { after }),
  });
  const lines = await Promise.all(
    items
      .map(authorizationOfItem)
      .filter((authorization) => isWanted(authorization, filter))
      .map((authorization) => recordsOf(context, authorization)),
  );
  const done: Position = filter.key === undefined ? { at: 'keys', below: chain } : { at: END };
  return { lines: lines.flat(), next: cursor === undefined ? done : { at: 'records', chain, after: cursor } };
}

function isWanted(authorization: Authorization, { authorization: only, from, to }: EvidenceFilter): boolean {
  if (only !== undefined) return authorization.id === only;
  const ended = 'endedAt' in authorization ? authorization.endedAt : Number.POSITIVE_INFINITY;
  return authorization.requestedAt < (to ?? Number.POSITIVE_INFINITY) && ended >= (from ?? 0);
}

async function recordsOf(context: Context, authorization: Authorization): Promise<readonly EvidenceLine[]> {
  const chain = authorization.keyId;
  const [mails, openings, executions] = await Promise.all([
    mailRecords(context.store, referenceOf(authorization)),
    openingsOf(context, authorization),
    executionsOf(context, authorization),
  ]);
  return [
    { type: 'authorization', chain, authorization: { ...authorization } },
    ...mails.map((record) => ({ type: 'mail', chain, record }) as const),
    ...openings.map((record) => ({ type: 'opening', chain, record }) as const),
    ...executions.map(
      (execution) =>
        ({ type: 'execution', chain, record: { authorizationId: authorization.id, ...execution } }) as const,
    ),
  ];
}

/** A page of the instance's checkpoints; of one key, those alone that cover it, without the heads of others. */
export async function readCheckpoints(
  { store }: Context,
  { instanceId, filter }: ChainReading,
  { after }: Extract<Position, { readonly at: 'checkpoints' }>,
): Promise<Step> {
  const page = { limit: CHECKPOINTS_AT_ONCE, ...(after !== undefined && { after }) };
  if (filter.key === undefined) {
    const { checkpoints, cursor } = await loadCheckpoints(store, instanceId, page);
    const lines = checkpoints.map(({ jws, heads }): CheckpointLine => ({ type: 'checkpoint', jws, heads }));
    return { lines, next: following(cursor, { at: 'events', chain: 'instance' }) };
  }
  const chain = filter.key;
  const { checkpoints, cursor } = await loadKeyCheckpoints(store, { instanceId, id: chain }, page);
  const found = await Promise.all(checkpoints.map((sequence) => loadCheckpoint(store, instanceId, sequence)));
  const lines = found.flatMap((one) => (one === undefined ? [] : [aboutOne(one, chain)]));
  return { lines, next: following(cursor, { at: 'events', chain }) };
}

/** Each can have a hundred heads of 200 bytes. */
const CHECKPOINTS_AT_ONCE = 20;

const following = (cursor: string | undefined, next: Position): Position =>
  cursor === undefined ? next : { at: 'checkpoints', after: cursor };

const aboutOne = ({ jws, heads }: StoredCheckpoint, chain: string): CheckpointLine => ({
  type: 'checkpoint',
  jws,
  heads: heads.flatMap((head, i): readonly CoveredHead[] =>
    head.chain === chain ? [{ ...head, path: pathTo(heads, i, sha256) }] : [],
  ),
});
