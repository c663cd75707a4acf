import type { Deletion } from './deletions.ts';
import type { GuardRailChange } from './guard-rails.ts';
import { chainName, counted, timeOf } from './report.ts';
import type { Findings } from './verify.ts';

/** `unusable`: it is no file of evidence of a version that is known. */
export type Outcome = 'proven' | 'broken' | 'unusable';

export interface Verdict {
  readonly outcome: Outcome;
  /** Sentences that begin with what they say: that no event was changed …; none while anything is wrong. */
  readonly proves: readonly string[];
  readonly doesNotProve: readonly string[];
}

/** What an auditor may conclude from a file, and what not. */
export function verdictOf(findings: Findings): Verdict {
  const { header, problems } = findings;
  if (header === undefined) return { outcome: 'unusable', proves: [], doesNotProve: [] };
  const outcome = problems.length === 0 ? 'proven' : 'broken';
  return {
    outcome,
    proves: outcome === 'proven' ? proves(findings) : [],
    doesNotProve: doesNotProve(findings),
  };
}

function proves(findings: Findings): readonly string[] {
  const { counts, checkpoints, newestCheckpoint, deletions, guardRails, header } = findings;
  const two = deletions.filter(({ approver }) => approver !== undefined).length;
  const alone = deletions.length - two;
  const partly = header?.filter.from !== undefined || header?.filter.to !== undefined;
  return [
    `the ${counted(counts.events, 'event')} of ${counted(counts.chains, 'chain')} are those that were written: none of them was changed, left out, added or put in another order${partly ? ', within the time that was asked for' : ''}`,
    ...(newestCheckpoint === undefined
      ? []
      : [
          `${counted(counts.events - counts.uncovered, 'event')} of them ${counts.events - counts.uncovered === 1 ? 'was' : 'were'} there when ${counted(checkpoints, 'checkpoint')} ${checkpoints === 1 ? 'was' : 'were'} signed, the newest at ${timeOf(newestCheckpoint.at)}: no chain was cut off before that or rebuilt after it`,
        ]),
    ...(findings.compared ? ['every chain goes on from where it was in the earlier file'] : []),
    ...(two === 0 ? [] : [`${counted(two, 'deletion')} had the authorization of two different people`]),
    ...(alone === 0
      ? []
      : [`${counted(alone, 'deletion')} needed one person alone, by the policy of the key at that time`]),
    ...provesOfGuardRails(guardRails),
    'the manifests are those whose digests the events name, and every line is as the server has sent it',
  ];
}

function provesOfGuardRails(changes: readonly GuardRailChange[]): readonly string[] {
  const count = (of: (change: GuardRailChange) => boolean) => changes.filter(of).length;
  const said = (number: number, what: string) =>
    number === 0 ? [] : [`${counted(number, 'change')} of the guard rails ${what}`];
  return [
    ...said(
      count(({ approver }) => approver !== undefined),
      'had the approval of a second Manager',
    ),
    ...said(
      count(({ alone }) => alone === 'trial'),
      'needed one Manager alone, because it was a trial',
    ),
    ...said(
      count(({ alone }) => alone === 'operator'),
      'the operator of the installation made alone',
    ),
  ];
}

function doesNotProve({ counts, newestCheckpoint, header, unpinned }: Findings): readonly string[] {
  const filter = header?.filter ?? {};
  return [
    ...(unpinned
      ? [
          'who signed: the public keys come from the file itself. Give --public-key with the keys that you were handed when the installation was set up',
        ]
      : []),
    ...(newestCheckpoint === undefined ? ['that no chain was rebuilt: no checkpoint covers any of it'] : []),
    ...(counts.uncovered === 0
      ? []
      : [
          `that nothing was cut off or rebuilt after the last checkpoint: ${counted(counts.uncovered, 'event')} of these ${counts.uncovered === 1 ? 'is' : 'are'} newer than the checkpoints of their chains`,
        ]),
    ...(filter.key === undefined && filter.authorization === undefined
      ? []
      : [
          'that no checkpoint is missing, nor anything about other keys or about the people: one key was asked for',
        ]),
    ...(filter.from === undefined && filter.to === undefined
      ? []
      : ['what happened before and after the time that was asked for']),
    'that whoever holds the signing keys has not made up another history: only a copy that was kept elsewhere, such as an earlier file, shows that',
    'that the accounts were used by the people whose they are, that the clock was right, or that what mails, openings and executions say is true: those are the server’s word',
  ];
}

/** One change of the guard rails in words. */
export function guardRailInWords(change: GuardRailChange, names: ReadonlyMap<string, string>): string {
  const name = (id: string) => names.get(id) ?? id;
  const { at, person, requester, approver, alone } = change;
  const what = person === undefined ? 'settings' : name(person);
  if (approver !== undefined) {
    return `${timeOf(at)}  ${what}: asked for by ${name(requester)}, approved by ${name(approver)}`;
  }
  const who =
    alone === 'operator' ? 'the operator of the installation alone' : `${name(requester)} alone, in a trial`;
  return `${timeOf(at)}  ${what}: by ${who}`;
}

/** One deletion in words. */
export function deletionInWords(deletion: Deletion, names: ReadonlyMap<string, string>): string {
  const name = (id: string) => names.get(id) ?? id;
  const { keyId, at, requester, approver, authorizationId } = deletion;
  const who =
    approver === undefined
      ? `by ${name(requester)} alone`
      : `asked for by ${name(requester)}, approved by ${name(approver)}`;
  return `${timeOf(at)}  ${chainName(keyId)}: ${who} (authorization ${authorizationId})`;
}
