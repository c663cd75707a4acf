import { closing } from './closing.ts';
import { type Block, type Content, type Fact, facts, link, paragraph, warning } from './content.ts';
import type { PeopleFacts, PeopleMailInput, PeopleTemplate } from './people-templates.ts';
import { formatTime, shorten, singleLine } from './words.ts';

/** As long as the names in the other subjects. */
const LONGEST_NAME = 48;

interface Telling {
  /** What happened, with `%` for the person: subject and heading. */
  readonly title: (facts: PeopleFacts) => string;
  readonly tell: (mail: PeopleMailInput) => readonly Block[];
}

const NOT_EXPECTED =
  'If you do not expect this, take it up with the others: whoever makes a second person of their own can delete keys alone.';

const TELLINGS: { readonly [template in PeopleTemplate]: Telling } = {
  'became-manager': {
    title: () => '% became a Manager',
    tell: (mail) => [
      paragraph(
        'From now on they can approve deletions that others ask for, deny them, and add people. They cannot approve what was asked for before.',
      ),
      facts(factsOf(mail)),
      warning(NOT_EXPECTED),
    ],
  },
  'address-changed': {
    title: () => 'The address of % was changed',
    tell: (mail) => [
      paragraph(
        'Mails for them go to the new address. The links that were mailed to the former one have ended.',
      ),
      facts(factsOf(mail)),
      warning(NOT_EXPECTED),
    ],
  },
  'manager-ended': { title: endedTitle, tell: ended },
  'person-ended': { title: endedTitle, tell: ended },
  'api-key-link': {
    title: () => 'An API key for %',
    tell: (mail) => [
      paragraph(
        'With an API key you take part in decisions about encryption keys. Open the link, type your e-mail address, and the page shows your API key, once. Keys that you had before end then.',
      ),
      facts(factsOf(mail)),
      ...link('Get the API key', mail.link),
      paragraph(
        'Opening the link changes nothing. It works once, and it is yours alone: whoever uses it acts in your name, so do not pass it on. If you do not expect this mail, do nothing.',
      ),
    ],
  },
  'api-key-claimed': {
    title: () => '% has a new API key',
    tell: (mail) => [
      paragraph(
        'It was claimed through the link that was mailed to them. The API keys that they had before have ended.',
      ),
      facts(factsOf(mail)),
      warning('If it was not they who did it, freeze or remove them at once: somebody reads their mail.'),
    ],
  },
};

function endedTitle({ ended: what }: PeopleFacts): string {
  if (what === 'frozen') return '% was frozen';
  return what === 'role' ? '% is no Manager any more' : '% was removed';
}

function ended(mail: PeopleMailInput): readonly Block[] {
  return [
    paragraph(
      'What they asked for or approved and is not carried out yet counts no more, and their links have ended.',
    ),
    facts(factsOf(mail)),
  ];
}

function factsOf({ facts: given, instance }: PeopleMailInput): readonly Fact[] {
  const { person, formerEmail, by, at, until } = given;
  const fact = (name: string, value: string): Fact => ({ name, value: singleLine(value) });
  return [
    fact('Person', person),
    ...(formerEmail === undefined ? [] : [fact('Former address', formerEmail)]),
    ...(by === undefined ? [] : [fact('Done by', by)]),
    fact('Done at', formatTime(at)),
    ...(until === undefined ? [] : [fact('The link works until', formatTime(until))]),
    fact('Instance', `${instance.name} (${instance.id})`),
  ];
}

/** What a mail about people says. */
export function peopleContentOf(mail: PeopleMailInput): Content {
  const { title, tell } = TELLINGS[mail.template];
  // By the address that they were known by: the new one can be anybody's.
  const name = singleLine(mail.facts.formerEmail ?? mail.facts.person);
  // A function: in a replacement text `$&` would be a pattern, and the name is anybody's.
  const titleWith = (shown: string) => title(mail.facts).replace('%', () => shown);
  return {
    subject: `[Countersign] ${titleWith(shorten(name, LONGEST_NAME))}`,
    heading: titleWith(name),
    blocks: [...tell(mail), ...closing(mail)],
  };
}
