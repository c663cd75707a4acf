import { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lineLog } from '../../../lib/adapters/system/log.ts';
import type { LogFields } from '../../../lib/ports/log.ts';

function written(message: string, fields?: LogFields): string {
  const chunks: string[] = [];
  const out = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  lineLog(out).error(message, fields);
  return chunks.join('');
}

const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ /;

describe('the line log', () => {
  test('writes time, level, message and fields on one line', () => {
    const line = written('mail sent', { attempts: 2, done: true, host: 'mail.example.com:25' });
    expect(line).toMatch(STAMP);
    expect(line.replace(STAMP, '')).toBe('error mail sent attempts=2 done=true host=mail.example.com:25\n');
  });

  test('quotes values with blanks, signs or nothing in them, and leaves out fields that are undefined', () => {
    const line = written('m', { a: 'x y', b: '', c: 'say "no"', d: undefined, e: 'k=v' });
    expect(line.replace(STAMP, '')).toBe('error m a="x y" b="" c="say \\"no\\"" e="k=v"\n');
  });

  test.for([
    ['a line break', '\r\n2026-11-24T21:40:00Z info forged'],
    ['a line separator', '\u2028\u2029\u0085'],
    ['a terminal sequence', '\u001b[2J\u009b2J\u007f'],
    ['a change of direction', '\u202e\u2066'],
  ])('escapes %s in message, name and value', ([, text = '']) => {
    const line = written(text, { [text]: text });
    expect(line.slice(0, -1)).toMatch(/^[\x20-\x7e]+$/);
    expect(line.endsWith('\n')).toBe(true);
  });

  test('is one line whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (message, value) => {
        expect(written(message, { value }).split(/[\r\n\u0085\u2028\u2029]/)).toHaveLength(2);
      }),
    );
  });
});
