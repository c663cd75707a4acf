import { simpleParser } from 'mailparser';
import { describe, expect, it } from 'vitest';
import { composeMessage } from '../../../lib/adapters/mailer/message.ts';
import { aMail } from '../../contracts/mailer.ts';

const FROM = { name: 'Countersign', address: 'countersign@example.com' };
const LINK = `https://countersign.example/decide/${'Ab1-_'.repeat(20)}?a=b=c`;

const sourceOf = (changes: Parameters<typeof aMail>[0]): string =>
  composeMessage(aMail(changes), FROM).toString();
const boundaryOf = (source: string): string => /boundary="([^"]+)"/.exec(source)?.[1] ?? '';

describe('a composed message', () => {
  it('leaves ASCII as it is: a link is one line of its source', () => {
    const source = sourceOf({ text: `Decide:\n${LINK}\n`, html: `<a href="${LINK}">Decide</a>\n` });
    expect(source).toContain(`\r\n${LINK}\r\n`);
    expect(source).toContain(`\r\n<a href="${LINK}">Decide</a>\r\n`);
  });

  it.for([
    ['is not ASCII', 'Grüße, '.repeat(50)],
    ['has a line too long for mail', 'x'.repeat(999)],
  ])(
    'passes a server that knows ASCII and short lines alone, also where a part %s',
    async ([, text = '']) => {
      const source = sourceOf({ text, html: text });
      expect(source).toMatch(/^[\r\n\t\x20-\x7e]*$/);
      expect(Math.max(...source.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(78);
      expect((await simpleParser(source)).text).toBe(text);
    },
  );

  it('ends each line in CRLF, also where a text has other line ends', () => {
    const source = sourceOf({ text: 'one\r\ntwo\rthree\nfour', html: 'one\r\ntwo\rthree\nfour' });
    expect(source.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(source.split('one\r\ntwo\r\nthree\r\nfour\r\n')).toHaveLength(3);
  });

  it('ends each line in CRLF, and its parts with a boundary that no other message has', () => {
    const [one, two] = [sourceOf({}), sourceOf({})];
    expect(one.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(one.endsWith(`--${boundaryOf(one)}--\r\n`)).toBe(true);
    expect(boundaryOf(one)).not.toBe(boundaryOf(two));
  });
});
