import { randomUUID } from 'node:crypto';
import { canonicalJson } from '../domain/canonical.ts';
import {
  END,
  EVIDENCE_VERSION,
  type EvidenceFilter,
  type Jwk,
  nextDigest,
  type PublicKeyLine,
  SEAL_TYPE,
  type SealPayload,
} from '../domain/evidence/lines.ts';
import { displayNameOf } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { type Caller, sha256 } from './caller.ts';
import type { Context } from './context.ts';
import { keysBelow, readEvents, type Step } from './evidence/chains.ts';
import { keyOfAuthorization } from './evidence/find-authorization.ts';
import { cursorOf, type Position, type Progress, positionText, progressOf } from './evidence/position.ts';
import { readCheckpoints, readRecords } from './evidence/records.ts';
import { permittedKey } from './read-keys.ts';
import { loadPublicKeys } from './records/checkpoint.ts';
import { loadPeople } from './records/person.ts';
import { signStatement } from './sign-statement.ts';

/** Ends a part, in characters and in milliseconds: an answer of Lambda has 6 MB at most, one of API Gateway 29 seconds. */
const MOST_CHARACTERS = 1_000_000;
const LONGEST = 8_000;

/** One answer of an export: lines of the file, the last a seal, and where the next goes on; none after the last. */
export interface EvidencePart {
  readonly lines: readonly string[];
  readonly cursor?: string;
}

export interface EvidenceRequest {
  /** An id or alias; undefined: the whole instance. */
  readonly key?: string;
  readonly authorization?: string;
  readonly from?: number;
  readonly to?: number;
  /** The `cursor` of the part before. */
  readonly after?: string;
}

/**
 * A part of the evidence: events, checkpoints, manifests and what else the history shows, sealed by the key of the API.
 * Everything comes a page at a time; nothing is written.
 * @throws CursorError for an `after` that no part of this selection ended with.
 */
export async function exportEvidence(
  context: Context,
  caller: Caller,
  request: EvidenceRequest,
): Promise<Decision<EvidencePart>> {
  const selected = await selection(context, caller, request);
  if (!selected.ok) return selected;
  const filter = selected.value;
  const progress: Progress =
    request.after === undefined
      ? { exportId: randomUUID(), part: 1, position: { at: 'start' } }
      : progressOf(request.after, filter);
  const { texts, position } = await collect(context, { caller, filter, progress });
  const payload: SealPayload = {
    instanceId: caller.instance.id,
    exportId: progress.exportId,
    part: progress.part,
    from: positionText(progress.position),
    to: positionText(position),
    filter,
    at: context.clock.now(),
    lines: texts.length,
    digest: texts.reduce((digest, text) => nextDigest(digest, text, sha256), ''),
  };
  const seal = canonicalJson({
    type: 'seal',
    jws: await signStatement(context.signer, { typ: SEAL_TYPE, payload }),
  });
  const next = { exportId: progress.exportId, part: progress.part + 1, position };
  return accept({ lines: [...texts, seal], ...(position.at !== END && { cursor: cursorOf(next) }) });
}

/** What is asked for, with the key by its id: where the caller may read it. */
async function selection(
  context: Context,
  caller: Caller,
  { key, authorization, from, to }: EvidenceRequest,
): Promise<Decision<EvidenceFilter>> {
  const rest = {
    ...(authorization !== undefined && { authorization }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
  if (key === undefined && authorization === undefined) return accept(rest);
  const idOrAlias = key ?? (await keyOfAuthorization(context.store, caller.instance.id, authorization ?? ''));
  if (idOrAlias === undefined) return refuse('key-not-found');
  const found = await permittedKey(context, caller, {
    operation: 'exportEvidence',
    idOrAlias,
    evenPurged: true,
  });
  return found.ok ? accept({ key: found.value.id, ...rest }) : found;
}

interface Job {
  readonly caller: Caller;
  readonly filter: EvidenceFilter;
  readonly progress: Progress;
}

async function collect(
  context: Context,
  job: Job,
): Promise<{ readonly texts: readonly string[]; readonly position: Position }> {
  const began = context.clock.now();
  const texts: string[] = [];
  let characters = 0;
  let { position } = job.progress;
  let ids: readonly string[] = [];
  while (position.at !== END && characters < MOST_CHARACTERS && context.clock.now() - began < LONGEST) {
    if (position.at === 'keys') {
      if (ids.length === 0) ids = await keysBelow(context.store, job.caller.instance.id, position.below);
      const [chain, ...others] = ids;
      ids = others;
      position = chain === undefined ? { at: END } : { at: 'events', chain };
      continue;
    }
    const step = await read(context, job, position);
    for (const line of step.lines) {
      const text = canonicalJson(line);
      characters += text.length;
      texts.push(text);
    }
    position = step.next;
  }
  return { texts, position };
}

function read(
  context: Context,
  job: Job,
  position: Exclude<Position, { readonly at: typeof END | 'keys' }>,
): Promise<Step> {
  const reading = { instanceId: job.caller.instance.id, filter: job.filter };
  switch (position.at) {
    case 'start':
      return beginning(context, job);
    case 'checkpoints':
      return readCheckpoints(context, reading, position);
    case 'events':
      return readEvents(context.store, reading, position);
    case 'records':
      return readRecords(context, reading, position);
    default:
      return position satisfies never;
  }
}

async function beginning(context: Context, { caller, filter, progress }: Job): Promise<Step> {
  const { instance, person } = caller;
  const [keys, people] = await Promise.all([
    evidenceKeys(context, instance.id),
    loadPeople(context.store, instance.id),
  ]);
  return {
    lines: [
      {
        type: 'evidence',
        version: EVIDENCE_VERSION,
        instanceId: instance.id,
        instanceName: instance.name,
        exportId: progress.exportId,
        exportedAt: context.clock.now(),
        exportedBy: person.id,
        filter,
      },
      ...keys,
      ...people.map((one) => ({ type: 'person', id: one.id, name: displayNameOf(one) }) as const),
    ],
    next: { at: 'checkpoints' },
  };
}

/** The public keys that an auditor needs: every one that signed checkpoints, and that of the API. */
export async function evidenceKeys(
  { store, signer }: Pick<Context, 'store' | 'signer'>,
  instanceId: string,
): Promise<readonly PublicKeyLine[]> {
  const [checkpoints, api] = await Promise.all([loadPublicKeys(store, instanceId), signer.publicKey()]);
  return [
    ...checkpoints.map(({ jwk }) => ({ type: 'public-key', use: 'checkpoints', jwk }) as const),
    { type: 'public-key', use: 'exports', jwk: textsOf(api) },
  ];
}

const textsOf = (jwk: object): Jwk =>
  Object.fromEntries(Object.entries(jwk).map(([name, value]) => [name, String(value)]));
