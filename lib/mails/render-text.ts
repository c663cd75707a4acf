import type { Block, Content } from './content.ts';

/** Plain text. A link stands alone on its line; no other line can be one, since each value follows its name. */
export const textOf = ({ heading, blocks }: Content): string =>
  `${[heading, ...blocks.map(textOfBlock)].join('\n\n')}\n`;

function textOfBlock(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return block.text;
    case 'warning':
      return `! ${block.text}`;
    case 'facts':
      return block.facts.map(({ name, value }) => `${name}: ${value}`).join('\n');
    case 'link':
      return `${block.label}:\n${block.url}`;
  }
}
