import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { TextDecoder } from 'node:util';
import type { Pinned } from '../../domain/evidence/keys.ts';
import { deletionInWords, guardRailInWords, type Verdict, verdictOf } from '../../domain/evidence/verdict.ts';
import { type Findings, openVerifier, type Verifier } from '../../domain/evidence/verify.ts';
import { CliError } from '../problem.ts';
import { print, visible } from '../terminal.ts';
import { evidenceCrypto } from './crypto.ts';
import { readPublicKeys } from './public-keys.ts';

export interface VerifyOptions {
  readonly publicKey?: string;
  /** A file that was exported before. */
  readonly earlier?: string;
  readonly json?: boolean;
}

/** Longest line: an execution with every event that is kept of one, far above what a server sends. */
const LONGEST_LINE = 64 * 1024 * 1024;

/**
 * `countersign audit verify`: what a file of evidence proves, and what not. Ends with 0 when nothing is wrong with it.
 * @throws CliError with exit code 1 when something is, 2 when it cannot be verified.
 */
export async function verifyFile(path: string, options: VerifyOptions): Promise<void> {
  const { publicKey, earlier, json } = options;
  const pinned = publicKey === undefined ? undefined : await readPublicKeys(publicKey);
  const before = earlier === undefined ? undefined : await endsOf(earlier, pinned);
  const verifier = openVerifier(evidenceCrypto(), { pinned, earlier: before?.ends });
  const sha256 = await readLines(path, verifier);
  const findings = verifier.end();
  if (before !== undefined && before.header?.instanceId !== findings.header?.instanceId) {
    throw new CliError(`${earlier} is of another instance than ${path}`, 2);
  }
  const verdict = verdictOf(findings);
  await print(json ? asJson(findings, verdict, sha256) : asText(path, { findings, verdict, sha256 }));
  if (verdict.outcome === 'unusable')
    throw new CliError(`${path} is no file of evidence that this program knows`, 2);
  if (verdict.outcome === 'broken')
    throw new CliError(`${path} is not what the server has sent, or its chains are broken`);
}

/** How far the chains came in an earlier file, which must be a good one itself. */
async function endsOf(path: string, pinned: Pinned | undefined): Promise<Findings> {
  const verifier = openVerifier(evidenceCrypto(), { pinned });
  await readLines(path, verifier);
  const findings = verifier.end();
  if (findings.header === undefined || findings.problems.length > 0) {
    throw new CliError(`${path} is broken itself: nothing can be compared with it`, 2);
  }
  return findings;
}

async function readLines(path: string, verifier: Verifier): Promise<string> {
  const hash = createHash('sha256');
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let rest = '';
  try {
    for await (const chunk of createReadStream(path)) {
      hash.update(chunk);
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LONGEST_LINE) throw new CliError(`${path} has a line that is too long`, 2);
      for (const line of lines) verifier.read(line);
    }
    rest += decoder.decode();
  } catch (error) {
    if (error instanceof CliError) throw error;
    const problem = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new CliError(`${path} cannot be read: ${problem}`, 2);
  }
  // A last line without its end was cut off; what is there of it is told with the rest.
  if (rest !== '') verifier.read(rest);
  return hash.digest('hex');
}

function asJson(findings: Findings, verdict: Verdict, sha256: string): string {
  const { header, lines, checkpoints, newestCheckpoint, counts, deletions, problems, moreProblems } =
    findings;
  return JSON.stringify(
    {
      ...verdict,
      problems,
      moreProblems,
      sha256,
      file: header,
      lines,
      ...counts,
      checkpoints,
      newestCheckpoint: newestCheckpoint?.sequence,
      deletions,
      guardRails: findings.guardRails,
    },
    null,
    2,
  );
}

/** Shown of what can be many; all are in the JSON. */
const MOST_SHOWN = 50;

interface Found {
  readonly findings: Findings;
  readonly verdict: Verdict;
  readonly sha256: string;
}

function asText(path: string, { findings, verdict, sha256 }: Found): string {
  const { header, lines, problems, moreProblems, deletions, guardRails, names } = findings;
  const about =
    header === undefined
      ? []
      : [
          `Instance ${header.instanceId} (${header.instanceName}), exported ${new Date(header.exportedAt).toISOString()} by ${names.get(header.exportedBy) ?? header.exportedBy}`,
        ];
  const total = problems.length + moreProblems;
  const sections = [
    [`${path}: ${lines} lines`, `SHA-256 ${sha256}`, ...about],
    section(
      `Wrong with it (${total})`,
      problems.map(({ line, what }) => `line ${line}: ${what}`),
    ),
    section('It proves that', verdict.proves),
    section('It does not prove', verdict.doesNotProve),
    section(
      'Deletions',
      deletions.map((deletion) => deletionInWords(deletion, names)),
    ),
    section(
      'Changes of the guard rails',
      guardRails.map((change) => guardRailInWords(change, names)),
    ),
  ];
  return sections
    .filter((section) => section.length > 0)
    .map((section) => section.map(visible).join('\n'))
    .join('\n\n');
}

function section(title: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  const more = lines.length - MOST_SHOWN;
  return [
    title,
    ...lines.slice(0, MOST_SHOWN).map((line) => `- ${line}`),
    ...(more > 0 ? [`- and ${more} more: --json has them`] : []),
  ];
}
