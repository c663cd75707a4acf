import type { Block, Content } from './content.ts';

const ENTITIES: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** ASCII alone, so that the part needs no transfer encoding. */
const escapeHtml = (text: string): string =>
  text
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
    .replace(/[^\x20-\x7e\n]/gu, (character) => `&#${character.codePointAt(0)};`);

// Mail programs read styles in attributes only, so colours that hold on light and on dark grounds.
const BODY = 'margin:0;padding:24px 16px;font:16px/1.5 system-ui,sans-serif';
const NAME = 'text-align:left;vertical-align:top;font-weight:600;padding:4px 16px 4px 0;white-space:nowrap';
const VALUE = 'vertical-align:top;padding:4px 0;overflow-wrap:anywhere';
const WARNING = 'border-left:4px solid #c62828;padding:4px 0 4px 12px;font-weight:600';
const LINK =
  'display:inline-block;background:#0b57d0;color:#ffffff;padding:12px 20px;border-radius:6px;text-decoration:none';

/** An HTML document without images, scripts or anything else from outside. */
export const htmlOf = ({ subject, heading, blocks }: Content): string =>
  [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escapeHtml(subject)}</title></head>`,
    `<body style="${BODY}"><div style="max-width:640px;margin:0 auto">`,
    `<h1 style="font-size:22px;line-height:1.3">${escapeHtml(heading)}</h1>`,
    ...blocks.map(htmlOfBlock),
    '</div></body></html>',
    '',
  ].join('\n');

function htmlOfBlock(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return `<p>${escapeHtml(block.text)}</p>`;
    case 'warning':
      return `<p style="${WARNING}">${escapeHtml(block.text)}</p>`;
    case 'facts':
      return `<table style="border-collapse:collapse">\n${block.facts.map(rowOf).join('\n')}\n</table>`;
    case 'link':
      return [
        `<p><a style="${LINK}" href="${escapeHtml(block.url)}">${escapeHtml(block.label)}</a></p>`,
        `<p>If the button does nothing, paste this into a browser:<br>`,
        `<span style="overflow-wrap:anywhere">${escapeHtml(block.url)}</span></p>`,
      ].join('\n');
  }
}

const rowOf = ({ name, value }: { readonly name: string; readonly value: string }): string =>
  `<tr><th scope="row" style="${NAME}">${escapeHtml(name)}</th><td style="${VALUE}">${escapeHtml(value)}</td></tr>`;
