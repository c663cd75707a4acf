import { type Block, type Content, facts, link, paragraph, warning } from './content.ts';
import { outcomeFacts, requestFacts } from './facts.ts';
import type { MailInput, MailTemplate } from './templates.ts';
import { formatTime, nameOf, shorten, singleLine } from './words.ts';

/** RFC 5322 (2.1.1) would have lines of at most 78; a subject with such a name is seen whole on a phone. */
const LONGEST_NAME = 48;

interface Telling {
  /** What happened to the key, with `%` for its name: subject and heading. */
  readonly title: string;
  readonly tell: (mail: MailInput) => readonly Block[];
}

const AT_STAKE =
  'Once the key is destroyed, whatever it encrypts becomes inaccessible for ever. Nobody can bring it back.';
const STILL_THERE =
  'The key is active and nothing was deleted. Deleting it would make whatever it encrypts inaccessible for ever.';
const GONE = 'Whatever the key encrypted is inaccessible for ever. Nobody can bring it back.';

const outcome = (title: string, sentence: string, consequence: Block): Telling => ({
  title,
  tell: (mail) => [paragraph(sentence), facts([...outcomeFacts(mail), ...requestFacts(mail)]), consequence],
});

const TELLINGS: { readonly [template in MailTemplate]: Telling } = {
  'approval-requested': { title: 'Approve the deletion of %?', tell: approvalRequested },
  'window-closed': { title: 'Nobody approved the deletion of %', tell: windowClosed },
  'loss-changed': { title: 'The deletion of % must be asked for again', tell: lossChanged },
  'key-destroyed': { title: '% is destroyed', tell: keyDestroyed },
  denied: outcome(
    'The deletion of % was denied',
    'A Manager denied the deletion. The links that were mailed for it have ended.',
    paragraph(STILL_THERE),
  ),
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
  'not-carried-out': outcome(
    'The deletion of % was not carried out',
    'It was approved, but what was approved no longer held when it was to be carried out. The request is over.',
    paragraph(STILL_THERE),
  ),
};

function approvalRequested(mail: MailInput): readonly Block[] {
  const { authorization, emails } = mail;
  return [
    paragraph(
      `${nameOf(authorization.requester, emails)} asks for the deletion of this key. It is deleted only if ` +
        `a second person approves. You can approve or deny until ${formatTime(authorization.windowEndsAt)}.`,
    ),
    warning(AT_STAKE),
    facts([...requestFacts(mail), { name: 'Decide until', value: formatTime(authorization.windowEndsAt) }]),
    ...link('See what would be lost and decide', mail.link),
    paragraph(
      'Opening the link changes nothing. It is yours alone: whoever has it can decide in your name, so do not pass it on.',
    ),
    paragraph(
      'If you do not expect this request, open the link and deny it. If nobody approves, nothing is deleted.',
    ),
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
    facts([
      ...requestFacts(mail),
      {
        name: 'Versions',
        value: `${mail.authorization.manifest.versions.length} when it was asked for, ${mail.key.versions.length} now`,
      },
      ...timesToAskAgain(mail),
    ]),
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
    warning(GONE),
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
    blocks: [...tell(mail), ...closing(mail)],
  };
}

// Named without `https://`, so that a mail with a link has that one only.
const closing = ({ instance, recipient, publicUrl }: MailInput): readonly Block[] => [
  paragraph(
    `Sent to ${singleLine(recipient.email)} by Countersign at ${publicUrl.replace(/^https?:\/\//, '')}` +
      `${instance.trial ? ', a trial instance with printed API keys' : ''}.`,
  ),
];
