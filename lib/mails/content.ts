/** One named value, on a line of its own. */
export interface Fact {
  readonly name: string;
  readonly value: string;
}

export type Block =
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'warning'; readonly text: string }
  | { readonly kind: 'facts'; readonly facts: readonly Fact[] }
  | { readonly kind: 'link'; readonly label: string; readonly url: string };

/** What a mail says, told once; its text and its HTML are both made of this, so that they say the same. */
export interface Content {
  readonly subject: string;
  readonly heading: string;
  readonly blocks: readonly Block[];
}

export const paragraph = (text: string): Block => ({ kind: 'paragraph', text });
export const warning = (text: string): Block => ({ kind: 'warning', text });
export const facts = (list: readonly Fact[]): Block => ({ kind: 'facts', facts: list });
export const link = (label: string, url: string | undefined): readonly Block[] =>
  url === undefined ? [] : [{ kind: 'link', label, url }];
