import { closing } from './closing.ts';
import { atStake, whatIsLeft } from './consequences.ts';
import { type Block, type Content, facts, link, paragraph, warning } from './content.ts';
import { outcomeFacts, requestFacts } from './facts.ts';
import { resourceBlocks, sinceLastRound, whatChanged } from './resources.ts';
import type { MailInput, MailTemplate } from './templates.ts';
import { formatTime, nameOf, shorten, singleLine } from './words.ts';

/** RFC 5322 (2.1.1) would have lines of at most 78; a subject with such a name is seen whole on a phone. */
const LONGEST_NAME = 48;

interface Telling {
  /** What happened to the key, with `%` for its name: subject and heading. */
  readonly title: string;
  readonly tell: (mail: MailInput) => readonly Block[];
}

const STILL_THERE =
  'The key is active and nothing was deleted. Deleting it would make whatever it encrypts inaccessible.';

const outcome = (title: string, sentence: string, consequence: Block): Telling => ({
  title,
  tell: (mail) => [paragraph(sentence), facts([...outcomeFacts(mail), ...requestFacts(mail)]), consequence],
});

const TELLINGS: { readonly [template in MailTemplate]: Telling } = {
  'approval-requested': { title: 'Approve the deletion of %?', tell: approvalRequested },
  'half-time-reminder': { title: 'The deletion of % still waits for a second person', tell: reminder },
  'last-day-reminder': { title: 'A day left to decide about the deletion of %', tell: reminder },
  'window-closed': { title: 'Nobody approved the deletion of %', tell: windowClosed },
  'loss-changed': { title: 'The deletion of % must be asked for again', tell: lossChanged },
  'key-destroyed': { title: '% is destroyed', tell: keyDestroyed },
  denied: outcome(
    'The deletion of % was denied',
    'A Manager denied the deletion. The links that were mailed for it have ended.',
    paragraph(STILL_THERE),
  ),
  unexpected: { title: 'Nobody expected the deletion of %', tell: unexpected },
  withdrawn: outcome(
    'The deletion of % was withdrawn',
    'The request was taken back. The links that were mailed for it have ended.',
    paragraph(STILL_THERE),
  ),
  superseded: outcome(
    'The deletion of % was asked for anew',
    'A later request for this key has taken the place of this one. The links that were mailed for this one have ended.',
    paragraph(STILL_THERE),
  ),
  expired: outcome(
    'The deletion of % was not asked for again',
    'Nobody approved it in time, and nobody asked again in time. The request is over.',
    paragraph(STILL_THERE),
  ),
  'deletion-stalled': { title: 'The deletion of % has begun and does not go on', tell: deletionStalled },
  'not-carried-out': { title: 'The deletion of % was not carried out', tell: notCarriedOut },
};

function notCarriedOut(mail: MailInput): readonly Block[] {
  const { external } = mail.authorization.manifest;
  return [
    paragraph(
      external === undefined
        ? 'It was approved, but what was approved no longer held when it was to be carried out. The request is over.'
        : 'It was approved, but it could not be carried out where the key lives, or no longer was what had been approved. The request is over.',
    ),
    facts([...outcomeFacts(mail), ...requestFacts(mail)]),
    paragraph(
      external === undefined
        ? STILL_THERE
        : 'As far as Countersign knows, the key is there and can be used. See above why.',
    ),
  ];
}

function deletionStalled(mail: MailInput): readonly Block[] {
  const { authorization } = mail;
  const problem = authorization.status === 'destroying' ? authorization.problem : undefined;
  return [
    paragraph(
      'Two authorizations are there, and the deletion has begun: it cannot be withdrawn any more. But where the key lives it is ' +
        'not carried out. Countersign goes on trying, at last once a day. Once it is, whatever the key encrypts becomes inaccessible.',
    ),
    facts([
      ...(problem === undefined ? [] : [{ name: 'Why', value: singleLine(problem) }]),
      ...requestFacts(mail),
    ]),
    paragraph(
      'What an operator can do is in docs/key-providers.md: give back the right that is missing, and it goes on by itself. A ' +
        'Manager can give it up: countersign key abandon-deletion, with the id of the key.',
    ),
  ];
}

function approvalRequested(mail: MailInput): readonly Block[] {
  const { authorization, emails } = mail;
  return [
    paragraph(
      `${nameOf(authorization.requester, emails)} asks for the deletion of this key. It is deleted only if ` +
        `a second person approves. You can approve or deny until ${formatTime(authorization.windowEndsAt)}.`,
    ),
    warning(atStake(mail.instance, authorization.manifest.external)),
    facts([...requestFacts(mail), { name: 'Decide until', value: formatTime(authorization.windowEndsAt) }]),
    ...sinceLastRound(authorization),
    ...resourceBlocks(authorization.manifest),
    ...link('See what would be lost and decide', mail.link),
    paragraph(
      'Opening the link changes nothing. It is yours alone: whoever has it can decide in your name, so do not pass it on.',
    ),
    paragraph(
      'If you do not expect this request, open the link and deny it. If nobody approves, nothing is deleted.',
    ),
  ];
}

function reminder(mail: MailInput): readonly Block[] {
  const { requester, windowEndsAt } = mail.authorization;
  const [, ...rest] = approvalRequested(mail);
  return [
    paragraph(
      `${nameOf(requester, mail.emails)} asked for the deletion of this key, and nobody has decided yet. You can ` +
        `approve or deny until ${formatTime(windowEndsAt)}.`,
    ),
    ...rest,
  ];
}

function unexpected(mail: MailInput): readonly Block[] {
  const { authorization, emails } = mail;
  const requester = nameOf(authorization.requester, emails);
  return [
    paragraph(
      'A Manager did not expect this request and denied it. The links that were mailed for it have ended.',
    ),
    warning(
      `Everything else that ${requester} asked to have deleted in this instance is stopped as well, and they cannot ask anew ` +
        'until another Manager lifts that. Find out whether somebody else has their API key.',
    ),
    facts([...outcomeFacts(mail), ...requestFacts(mail)]),
    paragraph(STILL_THERE),
    paragraph('To lift it: countersign person unfreeze-requests, with the address of whoever asked.'),
  ];
}

function windowClosed(mail: MailInput): readonly Block[] {
  return [
    paragraph('The time in which a second person could approve is over, and nobody did.'),
    paragraph(STILL_THERE),
    facts([...requestFacts(mail), ...timesToAskAgain(mail)]),
    ...askAgain(mail),
  ];
}

function lossChanged(mail: MailInput): readonly Block[] {
  return [
    paragraph(
      'What would be lost with the key is no longer what people were shown, so the request counts no more.',
    ),
    paragraph(STILL_THERE),
    ...whatChanged(mail.authorization),
    facts([...requestFacts(mail), ...timesToAskAgain(mail)]),
    ...askAgain(mail),
  ];
}

const timesToAskAgain = ({ authorization }: MailInput) =>
  authorization.status === 'lapsed' || authorization.status === 'drifted'
    ? [
        { name: 'Closed at', value: formatTime(authorization.closedAt) },
        { name: 'Ask again until', value: formatTime(authorization.reauthorizeEndsAt) },
      ]
    : [];

const askAgain = ({ link: url }: MailInput): readonly Block[] => [
  ...link('Ask again or let it end', url),
  paragraph(
    'Opening the link changes nothing, and asking again needs your API key as well. If nobody asks again, the request ends and the key stays.',
  ),
];

function keyDestroyed(mail: MailInput): readonly Block[] {
  const { twoPeople } = mail.authorization;
  return [
    paragraph(
      twoPeople
        ? 'Two people authorized the deletion, and it was carried out.'
        : 'One person deleted the key: it had no dual-authorization policy.',
    ),
    warning(whatIsLeft(mail.authorization, mail.key)),
    facts([...outcomeFacts(mail), ...requestFacts(mail)]),
  ];
}

const capitalized = (text: string): string => text.replace(/^[kt]/, (letter) => letter.toUpperCase());

/** What a mail says. */
export function contentOf(mail: MailInput): Content {
  const { title, tell } = TELLINGS[mail.template];
  const name = singleLine(mail.authorization.manifest.name);
  // A function: in a replacement text `$&` would be a pattern, and the name is anybody's.
  const titleWith = (quoted: string) => title.replace('%', () => quoted);
  return {
    subject: `[Countersign] ${capitalized(titleWith(`key "${shorten(name, LONGEST_NAME)}"`))}`,
    heading: capitalized(titleWith(`the key "${name}"`)),
    blocks: [...tell(mail), ...closing({ ...mail, to: mail.recipient.email })],
  };
}
