import { htmlOf } from './render-html.ts';
import { textOf } from './render-text.ts';
import type { MailInput } from './templates.ts';
import { contentOf } from './wording.ts';

export interface Rendered {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/**
 * A mail's subject, plain text and HTML document. The subject is one line without control characters and never
 * holds the link.
 */
export function renderMail(input: MailInput): Rendered {
  const content = contentOf(input);
  return { subject: content.subject, text: textOf(content), html: htmlOf(content) };
}
