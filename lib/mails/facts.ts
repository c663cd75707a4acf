import type { Fact } from './content.ts';
import { externalFacts } from './external.ts';
import { resourceCount } from './resources.ts';
import type { MailInput } from './templates.ts';
import { formatTime, listed, nameOf, shortDigest, shorten, singleLine } from './words.ts';

const LONGEST_VALUE = 1_000;
const MOST_ALIASES = 10;

const fact = (name: string, value: string): Fact => ({ name, value: shorten(value, LONGEST_VALUE) });

const given = (name: string, value: string | undefined): readonly Fact[] =>
  value === undefined ? [] : [fact(name, singleLine(value))];

/** Which key it is about, who asked for its deletion, why, and what was asked: told in every mail. */
export function requestFacts(mail: MailInput): readonly Fact[] {
  const { authorization, instance, emails } = mail;
  const { manifest, requester, requestedAt, round, manifestDigest } = authorization;
  return [
    fact('Key', singleLine(manifest.name)),
    fact('Key id', manifest.keyId),
    fact('Aliases', listed(manifest.aliases, MOST_ALIASES)),
    fact('Kind', `${manifest.type}, ${count(manifest.versions.length, 'version')}`),
    ...resourceCount(manifest),
    ...externalFacts(manifest.external).map(({ name, value }) => fact(name, value)),
    fact('Requested by', nameOf(requester, emails)),
    fact('Requested at', formatTime(requestedAt)),
    ...given('Reason', manifest.reason),
    ...given('Ticket', manifest.ticket),
    ...(round > 1 ? [fact('Round', `${round} (asked again after an earlier one had closed)`)] : []),
    fact('Manifest digest', `${shortDigest(manifestDigest)}...`),
    fact('Instance', `${singleLine(instance.name)} (${instance.id})`),
  ];
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** Who ended it, when, and with which words; what a state does not tell is left out. */
export function outcomeFacts(mail: MailInput): readonly Fact[] {
  const { authorization, emails } = mail;
  const { status } = authorization;
  const by = (name: string, id: string) => fact(name, nameOf(id, emails));
  switch (status) {
    case 'consumed':
      return [
        by(authorization.twoPeople ? 'Approved by' : 'Deleted by', authorization.approver),
        ...(authorization.twoPeople ? [fact('Approved at', formatTime(authorization.approvedAt))] : []),
        fact('Destroyed at', formatTime(authorization.endedAt)),
      ];
    case 'denied':
    case 'withdrawn':
      return [
        by(status === 'denied' ? 'Denied by' : 'Withdrawn by', authorization.endedBy),
        fact(status === 'denied' ? 'Denied at' : 'Withdrawn at', formatTime(authorization.endedAt)),
        ...given('Note', authorization.note),
      ];
    case 'refused':
    case 'void':
      return [
        fact('Why', singleLine(authorization.why)),
        fact('Ended at', formatTime(authorization.endedAt)),
      ];
    case 'superseded':
    case 'expired':
      return [fact('Ended at', formatTime(authorization.endedAt))];
    default:
      return [];
  }
}
