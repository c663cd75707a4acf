/** Something that is not as it should be. */
export interface Problem {
  /** The line of the file, from 1; of what is missing, that where it is missed. */
  readonly line: number;
  /** In words, for an auditor. */
  readonly what: string;
}

/** Takes down what is wrong, in the order in which it is found. */
export type Report = (line: number, what: string) => void;

/** One that keeps what is told, up to a thousand problems, and counts the others. */
export function problemList(): {
  readonly problems: readonly Problem[];
  readonly report: Report;
  readonly more: () => number;
} {
  const problems: Problem[] = [];
  let more = 0;
  return {
    problems,
    report(line, what) {
      if (problems.length < MOST_PROBLEMS) problems.push({ line, what });
      else more += 1;
    },
    more: () => more,
  };
}

const MOST_PROBLEMS = 1_000;

/** What a chain is called in a sentence. */
export const chainName = (chain: string): string => (chain === 'instance' ? 'the instance' : `key ${chain}`);

/** `1 event`, `2 events`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** A time as an auditor reads it; anything else as it is. */
export const timeOf = (at: unknown): string =>
  typeof at === 'number' && Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : String(at);
