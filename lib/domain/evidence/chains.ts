import { canonicalJson } from '../canonical.ts';
import type { Digest, Head } from '../checkpoint.ts';
import type { Expected } from './checkpoints.ts';
import type { ChainLine, EventLine } from './lines.ts';
import { chainName, counted, type Report, timeOf } from './report.ts';

export interface ChainChecks {
  begin(line: ChainLine, at: number): void;
  event(line: EventLine, at: number): void;
  /** The chain that was read last ends here. */
  end(at: number): void;
  /** Chains that a checkpoint covers and that are not in the file. */
  missing(): readonly { readonly chain: string; readonly expected: Expected }[];
  readonly counts: ChainCounts;
  /** The last event of each chain that is in the file. */
  readonly ends: readonly Head[];
}

/** `uncovered`: events after the newest checkpoint of their chain. */
export interface ChainCounts {
  chains: number;
  events: number;
  uncovered: number;
}

interface Open {
  readonly line: ChainLine;
  readonly lineNumber: number;
  /** The number and hash of the event before; undefined before the first of an incomplete chain. */
  before: { readonly sequence: number; readonly hash: string } | undefined;
  /** How many events came after the newest that a checkpoint names. */
  sinceCheckpoint: number;
  /** Whether something was wrong: what follows from it alone is not told again. */
  broken: boolean;
}

const START = { sequence: 0, hash: '' };

/**
 * Checks that each chain's events are all there, in order and unchanged, and that they are those that the checkpoints
 * have seen.
 */
export function checkChains(
  report: Report,
  digest: Digest,
  expected: ReadonlyMap<string, readonly Expected[]>,
): ChainChecks {
  const seen = new Set<string>();
  const counts: ChainCounts = { chains: 0, events: 0, uncovered: 0 };
  const ends: Head[] = [];
  let open: Open | undefined;

  const end = (at: number) => {
    if (open === undefined) return;
    checkEnd(open, at);
    const { before, line } = open;
    if (before !== undefined) ends.push({ chain: line.chain, ...before });
    counts.uncovered += open.sinceCheckpoint;
    open = undefined;
  };

  function checkEnd({ line, before, lineNumber, broken }: Open, at: number): void {
    const { sequence = 0, hash = '' } = before ?? {};
    const cut = newestOf(expected.get(line.chain) ?? [], sequence);
    const name = chainName(line.chain);
    if (!line.complete) return;
    if (cut !== undefined) {
      const seen = `${cut.by} has seen event ${cut.sequence}`;
      report(at, `the end of the chain of ${name} is cut off after event ${sequence}: ${seen}`);
    } else if (!broken && (line.sequence !== sequence || line.hash !== hash)) {
      const cutOff = `the end of the chain of ${name} is cut off after event ${sequence}: there were ${line.sequence}`;
      const other = `the chain of ${name} ends with another event than it is said to`;
      report(at, `${sequence < line.sequence ? cutOff : other} (line ${lineNumber})`);
    }
  }

  return {
    counts,
    ends,
    end,
    begin(line, at) {
      end(at);
      if (seen.has(line.chain)) report(at, `the chain of ${chainName(line.chain)} is there twice`);
      seen.add(line.chain);
      counts.chains += 1;
      const before = line.complete ? START : undefined;
      open = { line, lineNumber: at, before, sinceCheckpoint: 0, broken: false };
    },
    event({ chain, event }, at) {
      if (open === undefined || open.line.chain !== chain) {
        return report(at, `event ${event.sequence} of ${chainName(chain)} stands apart from its chain`);
      }
      counts.events += 1;
      open.sinceCheckpoint += 1;
      const { hash, ...unsigned } = event;
      const own = digest(canonicalJson(unsigned));
      const wrong = [
        ...whyNotNext(event, open),
        ...(hash === own
          ? []
          : [
              `event ${event.sequence} of ${chainName(chain)} was changed: its hash is not that of its content`,
            ]),
      ];
      for (const what of wrong) report(at, what);
      if (wrong.length > 0) open.broken = true;
      if (event.sequence <= (open.before?.sequence ?? 0)) return;
      const said = (expected.get(chain) ?? []).filter(({ sequence }) => sequence === event.sequence);
      const other = said.find((one) => one.hash !== hash);
      if (other !== undefined && wrong.length === 0) {
        report(
          at,
          `the chain of ${chainName(chain)} was rebuilt: ${other.by} has seen another event ${event.sequence} than this of ${timeOf(event.at)}`,
        );
      }
      if (said.some(({ signed }) => signed)) open.sinceCheckpoint = 0;
      open.before = { sequence: event.sequence, hash };
    },
    missing: () =>
      [...expected].flatMap(([chain, [first]]) =>
        seen.has(chain) || first === undefined ? [] : [{ chain, expected: first }],
      ),
  };
}

const newestOf = (expected: readonly Expected[], after: number): Expected | undefined =>
  expected.filter(({ sequence }) => sequence > after).sort((a, b) => b.sequence - a.sequence)[0];

function whyNotNext(
  { sequence, previousHash }: EventLine['event'],
  { line, before }: Open,
): readonly string[] {
  if (before === undefined) return [];
  const name = chainName(line.chain);
  if (sequence <= before.sequence) {
    return [
      `event ${sequence} of ${name} is out of order, or there twice: it comes after event ${before.sequence}`,
    ];
  }
  if (sequence > before.sequence + 1) {
    const count = sequence - before.sequence - 1;
    const which = count === 1 ? `event ${sequence - 1}` : `events ${before.sequence + 1} to ${sequence - 1}`;
    return [`${which} of ${name} ${count === 1 ? 'is' : 'are'} missing (${counted(count, 'event')})`];
  }
  if (previousHash === before.hash) return [];
  return [
    `event ${sequence} of ${name} does not continue event ${before.sequence}: one of the two was changed or replaced`,
  ];
}
