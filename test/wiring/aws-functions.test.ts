import { describe, expect, test } from 'vitest';
import { PermanentError } from '../../lib/domain/errors.ts';
import { archiver } from '../../lib/wiring/archiving.ts';
import { publisher } from '../../lib/wiring/publishing.ts';

describe.each([
  ['the publisher', publisher, ['EVENT_BUS', 'CRN_SCOPE']],
  ['the archiver', archiver, ['MAIN_TABLE', 'MATERIAL_TABLE', 'ARCHIVE_BUCKET']],
] as const)('%s', (_, functionOf, needed) => {
  const given = Object.fromEntries(needed.map((name) => [name, 'value']));

  test.each(needed)('does not begin without %s, and says that it is missing', (name) => {
    expect(() => functionOf({ ...given, [name]: '' })).toThrow(
      new PermanentError(`the variable ${name} is not set`),
    );
  });

  test('needs nothing else', () => {
    expect(() => functionOf(given)).not.toThrow();
  });
});
