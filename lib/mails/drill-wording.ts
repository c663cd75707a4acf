import type { DrillResult } from '../domain/drill.ts';
import { type Fact, facts, link, paragraph, warning } from './content.ts';
import type { PeopleMailInput } from './people-templates.ts';
import type { Telling } from './telling.ts';
import { formatTime, singleLine } from './words.ts';

const fact = (name: string, value: string): Fact => ({ name: singleLine(name), value: singleLine(value) });

/** Asks a Manager to do what an approval takes, and says at once that it is none. */
export const DRILL: Telling = {
  title: () => 'Drill: can % still approve?',
  tell: (mail) => [
    paragraph(
      'This is a drill. Nothing is deleted, whatever you do. Every Manager is asked to confirm that a mail like this reaches them and that they can act on it: open the link and type the last six characters of the id of the key that was made for this drill.',
    ),
    facts(drillFacts(mail)),
    ...link('Confirm that you can approve', mail.link),
    paragraph(
      'Opening the link changes nothing. Who has confirmed, and who has not, is told to every Manager when the drill has ended.',
    ),
  ],
};

/** What came of it, the gravest first. */
export const DRILL_ENDED: Telling = {
  title: ({ drill }) => {
    const results = drill?.results ?? [];
    const ready = results.filter(({ result }) => result === 'ready').length;
    return `Drill by % has ended: ${ready} of ${results.length} could approve`;
  },
  tell: (mail) => [
    ...(readyOf(mail) < FEWEST
      ? [
          warning(
            'Fewer than two Managers have shown that they could approve: no deletion may get its second person.',
          ),
        ]
      : []),
    facts([...resultFacts(mail), ...drillFacts(mail)]),
    paragraph(
      'Whoever was not reached needs another address (countersign mail list says why), and whoever was silent a word from you. Others can become Managers meanwhile.',
    ),
  ],
};

/** One who asks and one who approves. */
const FEWEST = 2;

const readyOf = ({ facts: { drill } }: PeopleMailInput): number =>
  (drill?.results ?? []).filter(({ result }) => result === 'ready').length;

const RESULTS: { readonly [result in DrillResult]: string } = {
  'not-reached': 'not reached: the mail could not be delivered',
  silent: 'no answer',
  'not-able': 'answered, but could not approve now: Manager, or at this address, for too short a time',
  ready: 'could approve',
};

const ORDER = Object.keys(RESULTS);

function resultFacts({ facts: { drill } }: PeopleMailInput): readonly Fact[] {
  const results = [...(drill?.results ?? [])];
  results.sort((a, b) => ORDER.indexOf(a.result) - ORDER.indexOf(b.result));
  return results.map(({ email, result, at, withCredential }) => {
    const when =
      at === undefined
        ? ''
        : `, ${formatTime(at)}${withCredential ? ', with a credential of their own' : ''}`;
    return fact(email, `${RESULTS[result]}${when}`);
  });
}

function drillFacts({ facts: given, instance }: PeopleMailInput): readonly Fact[] {
  const { drill, person, by, at, until } = given;
  return [
    ...(drill === undefined ? [] : [fact('Key made for the drill', drill.keyName)]),
    ...(by === undefined ? [fact('Started by', person)] : [fact('Asked', person), fact('Started by', by)]),
    fact(until === undefined ? 'Ended at' : 'Started at', formatTime(at)),
    ...(until === undefined ? [] : [fact('Confirm until', formatTime(until))]),
    fact('Instance', `${instance.name} (${instance.id})`),
  ];
}
