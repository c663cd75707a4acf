import type { Block } from './content.ts';
import type { PeopleFacts, PeopleMailInput } from './people-templates.ts';

/** What a mail about people says. */
export interface Telling {
  /** What happened, with `%` for the person: subject and heading. */
  readonly title: (facts: PeopleFacts) => string;
  readonly tell: (mail: PeopleMailInput) => readonly Block[];
}
