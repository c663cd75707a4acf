import { evidenceCrypto } from '../../lib/cli/audit/crypto.ts';
import { canonicalJson } from '../../lib/domain/canonical.ts';
import type { Head } from '../../lib/domain/checkpoint.ts';
import type { Pinned } from '../../lib/domain/evidence/keys.ts';
import { type EvidenceLine, nextDigest, SEAL_TYPE } from '../../lib/domain/evidence/lines.ts';
import { type Findings, openVerifier } from '../../lib/domain/evidence/verify.ts';
import type { Caller } from '../../lib/operations/caller.ts';
import { sha256 } from '../../lib/operations/caller.ts';
import type { Context } from '../../lib/operations/context.ts';
import { type EvidenceRequest, evidenceKeys, exportEvidence } from '../../lib/operations/export-evidence.ts';
import { signStatement } from '../../lib/operations/sign-statement.ts';
import type { TokenSigner } from '../../lib/ports/token-signer.ts';
import { expectOk } from './story.ts';

/** Every line of an export, with how many parts it took. */
export async function exported(
  context: Context,
  caller: Caller,
  request: EvidenceRequest = {},
): Promise<{ readonly texts: readonly string[]; readonly parts: number }> {
  const texts: string[] = [];
  let after: string | undefined;
  let parts = 0;
  do {
    const part = expectOk(
      await exportEvidence(context, caller, { ...request, ...(after !== undefined && { after }) }),
    );
    texts.push(...part.lines);
    after = part.cursor;
    parts += 1;
  } while (after !== undefined);
  return { texts, parts };
}

/** The keys that an auditor was handed. */
export const handedOver = async (context: Context, instanceId: string): Promise<Pinned> =>
  (await evidenceKeys(context, instanceId)).map(({ use, jwk }) => ({ use, jwk }));

export function verified(texts: readonly string[], pinned?: Pinned, earlier?: readonly Head[]): Findings {
  const verifier = openVerifier(evidenceCrypto(), { pinned, earlier });
  for (const text of texts) verifier.read(text);
  return verifier.end();
}

/** What is wrong, each with its line. */
export const problemsOf = (texts: readonly string[], pinned?: Pinned): readonly string[] =>
  verified(texts, pinned).problems.map(({ line, what }) => `${line}: ${what}`);

/** A line as it is changed in a test: whatever it is. */
export type Loose = { type: EvidenceLine['type'] } & { [name: string]: unknown };

export const looseLines = (texts: readonly string[]): Loose[] =>
  texts.map((text) => JSON.parse(text) as Loose);

/** The lines under one new seal, as whoever has taken over the API can make it. */
export async function resealed(lines: readonly Loose[], signer: TokenSigner): Promise<readonly string[]> {
  const header = lines[0] ?? { type: 'evidence' };
  const texts = lines.filter(({ type }) => type !== 'seal').map((line) => canonicalJson(line));
  const payload = {
    instanceId: header.instanceId,
    exportId: header.exportId,
    part: 1,
    from: '',
    to: 'end',
    filter: header.filter,
    at: 0,
    lines: texts.length,
    digest: texts.reduce((digest, text) => nextDigest(digest, text, sha256), ''),
  };
  const jws = await signStatement(signer, { typ: SEAL_TYPE, payload });
  return [...texts, canonicalJson({ type: 'seal', jws })];
}

type Event = { [name: string]: unknown };

/** The events of a chain from one on with hashes that fit, as whoever can write the table can make them. */
export function rehashed(lines: readonly Loose[], chain: string): Loose[] {
  let previousHash = '';
  let sequence = 0;
  const changed = lines.map((line) => {
    if (line.type !== 'event' || line.chain !== chain) return line;
    const { hash: _, ...unsigned } = line.event as Event;
    sequence += 1;
    const event = { ...unsigned, sequence, previousHash };
    previousHash = sha256(canonicalJson(event));
    return { ...line, event: { ...event, hash: previousHash } };
  });
  return changed.map((line) =>
    line.type === 'chain' && line.chain === chain ? { ...line, sequence, hash: previousHash } : line,
  );
}
