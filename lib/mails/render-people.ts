import type { PeopleMailInput } from './people-templates.ts';
import { peopleContentOf } from './people-wording.ts';
import type { Rendered } from './render.ts';
import { htmlOf } from './render-html.ts';
import { textOf } from './render-text.ts';

/** A mail about people: its subject of one line, which never holds the link, plain text and HTML document. */
export function renderPeopleMail(input: PeopleMailInput): Rendered {
  const content = peopleContentOf(input);
  return { subject: content.subject, text: textOf(content), html: htmlOf(content) };
}
