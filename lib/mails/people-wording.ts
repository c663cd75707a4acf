import type { ChangeEnd } from '../domain/change-request.ts';
import { grantName } from '../domain/person-change.ts';
import { closing } from './closing.ts';
import { type Block, type Content, type Fact, facts, link, paragraph, warning } from './content.ts';
import { DRILL, DRILL_ENDED } from './drill-wording.ts';
import type { PeopleFacts, PeopleMailInput, PeopleTemplate } from './people-templates.ts';
import type { Telling } from './telling.ts';
import { formatTime, shorten, singleLine } from './words.ts';

/** A mail has its own link and no other: mail programs make one of whatever begins so. */
const SCHEME = /^https?:\/\//;

/** As long as the names in the other subjects. */
const LONGEST_NAME = 48;

const NOT_EXPECTED =
  'If you do not expect this, take it up with the others: whoever makes a second person of their own can delete keys alone.';

const NOT_EXPECTED_TO_PURGE =
  'If you do not expect this, take the role away at once (countersign person set --remove-role KeyPurge), and take it up with the others.';

const PURGES =
  'With KeyPurge a destroyed key is purged from four hours after its deletion, by one person alone: it can be restored no more, although the restore window is still open.';

const TELLINGS: { readonly [template in PeopleTemplate]: Telling } = {
  'became-manager': {
    title: () => '% became a Manager',
    tell: (mail) => [
      paragraph(
        mail.facts.owner === undefined
          ? 'From now on they can approve deletions that others ask for, deny them, and add people. They cannot approve what was asked for before.'
          : 'From now on this service can deny deletions and add people, and approve where the instance lets services do that. To every decision it is whom it belongs to.',
      ),
      ...(mail.facts.roles?.some(({ role }) => role === 'KeyPurge') === true ? [paragraph(PURGES)] : []),
      facts(factsOf(mail)),
      warning(NOT_EXPECTED),
    ],
  },
  'may-purge': {
    title: () => '% may purge destroyed keys',
    tell: (mail) => [paragraph(PURGES), facts(factsOf(mail)), warning(NOT_EXPECTED_TO_PURGE)],
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
        'With an API key you take part in decisions about encryption keys. Open the link, type your e-mail address, and the page shows your API key, once. Keys that you had before end then. Where the page offers it, sign in with your organisation’s account instead.',
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
  'identity-bound': {
    title: () => '% signs in another way',
    tell: (mail) => [
      paragraph(
        'Whoever signs in at the issuer below as the account that was bound now acts as them. It was bound through the link that was mailed to them. The API keys that they had before have ended, and they cannot approve what was asked for before.',
      ),
      facts(factsOf(mail)),
      warning('If it was not they who did it, freeze or remove them at once: somebody reads their mail.'),
    ],
  },
  'identity-ended': {
    title: () => '% does not sign in at an issuer any more',
    tell: (mail) => [
      paragraph(
        'Their account at the issuer below opens nothing here any more. API keys of theirs stay as they are.',
      ),
      facts(factsOf(mail)),
      warning(NOT_EXPECTED),
    ],
  },
  drill: DRILL,
  'drill-ended': DRILL_ENDED,
  'change-requested': {
    title: () => 'A second Manager is needed: change of %',
    tell: (mail) => [
      paragraph(
        'Nothing is changed yet. A Manager of the instance who is somebody else approves it with their own API key, or any Manager denies it: countersign change-request show, approve or deny.',
      ),
      facts(changeFactsOf(mail)),
      warning(
        'Approve it only when you know from the person who asks, by another way than this mail, why it is needed.',
      ),
    ],
  },
  'change-ended': {
    title: ({ changeEnd = 'expired' }) => `Change of %: ${changeEnd}`,
    tell: (mail) => [
      paragraph(CHANGE_ENDS[mail.facts.changeEnd ?? 'expired']),
      ...(mail.facts.unexpected === true
        ? [
            paragraph(
              'It was not expected: whatever else the same person asked for is stopped, until another Manager lifts that (countersign person unfreeze-requests).',
            ),
          ]
        : []),
      facts(changeFactsOf(mail)),
      warning(NOT_EXPECTED),
    ],
  },
  'settings-changed': {
    title: () => 'Settings of % were changed',
    tell: (mail) => [
      paragraph('This took effect at once. Deletions that were asked for before keep their windows.'),
      facts(changeFactsOf(mail)),
      warning(NOT_EXPECTED),
    ],
  },
};

const CHANGE_ENDS: { readonly [end in ChangeEnd]: string } = {
  approved: 'A second Manager approved it, and it is done.',
  denied: 'A Manager denied it: nothing is changed.',
  withdrawn: 'It was taken back: nothing is changed.',
  expired: 'Nobody approved it in time: nothing is changed.',
  superseded: 'Somebody asked for another change of the same instead: nothing is changed by this one.',
  drifted: 'What it would have changed has changed since it was asked for: nothing is changed by it.',
};

function changeFactsOf({ facts: given, instance }: PeopleMailInput): readonly Fact[] {
  const { person, changes = [], by, note, at, until, changeRequest } = given;
  const fact = (name: string, value: string): Fact => ({ name: singleLine(name), value: singleLine(value) });
  return [
    fact('Change of', person),
    ...changes.map(({ name, before, after }) => fact(name, `${before} → ${after}`)),
    ...(by === undefined ? [] : [fact('By', by)]),
    ...(note === undefined ? [] : [fact('They wrote', note)]),
    fact('At', formatTime(at)),
    ...(until === undefined ? [] : [fact('Can be approved until', formatTime(until))]),
    ...(changeRequest === undefined ? [] : [fact('Change request', changeRequest)]),
    fact('Instance', `${instance.name} (${instance.id})`),
  ];
}

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
  const { person, owner, roles, formerEmail, issuer, by, at, until } = given;
  const fact = (name: string, value: string): Fact => ({ name, value: singleLine(value) });
  return [
    fact('Person', person),
    ...(owner === undefined ? [] : [fact('A service of', owner)]),
    ...(roles === undefined ? [] : [fact('Roles given', roles.map(grantName).join(', '))]),
    ...(formerEmail === undefined ? [] : [fact('Former address', formerEmail)]),
    ...(issuer === undefined ? [] : [fact('Issuer', issuer.replace(SCHEME, ''))]),
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
