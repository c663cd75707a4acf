import { type CheckpointPayload, type Head, INSTANCE_CHAIN } from '../checkpoint.ts';
import { type ChainChecks, type ChainCounts, checkChains } from './chains.ts';
import { checkCheckpoints } from './checkpoints.ts';
import { checkDeletions, type Deletion } from './deletions.ts';
import { checkGuardRails, type GuardRailChange } from './guard-rails.ts';
import { keyring, type Pinned } from './keys.ts';
import { EVIDENCE_VERSION, type EvidenceLine, type HeaderLine } from './lines.ts';
import { readLine } from './read-line.ts';
import { type Problem, problemList } from './report.ts';
import { followSamePeople } from './same-people.ts';
import { checkSeals } from './seals.ts';
import type { EvidenceCrypto } from './signed.ts';

/** What was found in a file of evidence. */
export interface Findings {
  /** Undefined: it is no file of evidence, or one of a version that is not known here. */
  readonly header: HeaderLine | undefined;
  readonly problems: readonly Problem[];
  /** Beyond those that are named. */
  readonly moreProblems: number;
  readonly lines: number;
  readonly checkpoints: number;
  readonly newestCheckpoint: CheckpointPayload | undefined;
  readonly counts: ChainCounts;
  readonly deletions: readonly Deletion[];
  readonly guardRails: readonly GuardRailChange[];
  /** Whether the keys came with the file alone. */
  readonly unpinned: boolean;
  /** How far each chain comes in the file. */
  readonly ends: readonly Head[];
  /** Whether it was compared with an earlier file. */
  readonly compared: boolean;
  /** By person id. */
  readonly names: ReadonlyMap<string, string>;
}

export interface Verifier {
  /** A line of the file, without its line break. */
  read(text: string): void;
  end(): Findings;
}

/** What the file has to agree with, as far as it is there. */
export interface Known {
  readonly pinned?: Pinned | undefined;
  /** The `ends` of an earlier file: its chains can only have grown since. */
  readonly earlier?: readonly Head[] | undefined;
}

/** Verifies a file of evidence line by line (docs/evidence.md). Holds the checkpoints' heads, and of the rest a line. */
export function openVerifier(crypto: EvidenceCrypto, { pinned, earlier }: Known = {}): Verifier {
  const { problems, report, more } = problemList();
  const checks = everyCheck(report, crypto, { pinned, earlier });
  let at = 0;
  return {
    read(text) {
      at += 1;
      if (checks.seals.ended()) report(at, 'a line after the end of the file');
      const read = readLine(text);
      if (!read.ok || read.line.type !== 'seal') checks.seals.line(text);
      if (!read.ok) return report(at, `this line cannot be read: ${read.what}`);
      if (!read.canonical) report(at, 'this line is not in its canonical form: it was edited');
      if (at === 1 && read.line.type !== 'evidence') {
        report(at, 'this is not the first line of a file of evidence');
      }
      checks.take(read.line, at);
    },
    end() {
      checks.chains.end(at);
      const header = checks.header();
      const isWhole = header !== undefined && Object.keys(header.filter).length === 0;
      if (isWhole) reportMissing(checks.chains, report);
      checks.seals.end(at);
      return {
        header,
        problems,
        moreProblems: more(),
        lines: at,
        checkpoints: checks.checkpoints.count(),
        newestCheckpoint: checks.checkpoints.newest(),
        counts: checks.chains.counts,
        deletions: checks.deletions.deletions,
        guardRails: checks.guardRails.changes,
        unpinned: pinned === undefined,
        ends: checks.chains.ends,
        compared: earlier !== undefined,
        names: checks.names,
      };
    },
  };
}

type Report = ReturnType<typeof problemList>['report'];

function reportMissing(chains: ChainChecks, report: Report): void {
  for (const { chain, expected } of chains.missing()) {
    const what = chain === INSTANCE_CHAIN ? 'the chain of the instance' : `the whole chain of key ${chain}`;
    report(expected.line, `${what} is missing: ${expected.by} has seen its event ${expected.sequence}`);
  }
}

function everyCheck(report: Report, crypto: EvidenceCrypto, { pinned, earlier = [] }: Known) {
  let header: HeaderLine | undefined;
  const names = new Map<string, string>();
  const keys = keyring(report, crypto, pinned);
  const seals = checkSeals({ report, crypto, keys: keys.exports, header: () => header });
  const checkpoints = checkCheckpoints({
    report,
    crypto,
    keys: keys.checkpoints,
    instanceId: () => header?.instanceId,
    wholeList: () => header?.filter.key === undefined,
    earlier,
  });
  const chains = checkChains(report, crypto.digest, checkpoints.expected);
  const people = followSamePeople(report);
  const deletions = checkDeletions(report, crypto.digest, people);
  const guardRails = checkGuardRails(report, people);

  function begin(line: HeaderLine, at: number): void {
    if (at !== 1) report(at, 'a second beginning of a file: two files were put together');
    else if (line.version === EVIDENCE_VERSION) header = line;
    else report(at, `its version is ${line.version}, and this program knows ${EVIDENCE_VERSION}`);
  }

  function take(line: EvidenceLine, at: number): void {
    switch (line.type) {
      case 'evidence':
        begin(line, at);
        break;
      case 'public-key':
        keys.take(line, at);
        break;
      case 'person':
        names.set(line.id, line.name);
        break;
      case 'checkpoint':
        checkpoints.read(line, at);
        break;
      case 'chain':
        chains.begin(line, at);
        people.begin(line, at);
        deletions.begin(line.complete);
        guardRails.begin(line.complete);
        break;
      case 'event':
        chains.event(line, at);
        people.event(line);
        deletions.event(line, at);
        guardRails.event(line, at);
        break;
      case 'authorization':
        deletions.authorization(line, at);
        break;
      case 'seal':
        seals.seal(line, at);
        break;
      default:
    }
  }

  return { take, seals, checkpoints, chains, deletions, guardRails, names, header: () => header };
}
