import { describe, expect, test } from 'vitest';
import { PermanentError } from '../../lib/domain/errors.ts';
import { archiver } from '../../lib/wiring/archiving.ts';
import { publisher } from '../../lib/wiring/publishing.ts';

describe.each([
  ['the publisher', publisher, ['EVENT_BUS', 'CRN_SCOPE']],
  ['the archiver', archiver, ['MAIN_TABLE', 'MATERIAL_TABLE', 'STATE_MACHINE_ARN', 'ARCHIVE_BUCKET']],
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

test.each([
  ['a command that it does not know', { command: 'forget' }, 'command'],
  ['a time that is none', { command: 'archive-missed', closedSince: 'yesterday' }, 'closedSince'],
  ['a field that it does not know', { command: 'archive-missed', since: '2026-01-01T00:00:00Z' }, 'since'],
  ['no execution', { detail: {} }, 'executionArn'],
])('the archiver asks nobody for what is ordered with %s, and names it', async (_, event, field) => {
  const needed = ['MAIN_TABLE', 'MATERIAL_TABLE', 'STATE_MACHINE_ARN', 'ARCHIVE_BUCKET'];
  const archive = archiver(Object.fromEntries(needed.map((name) => [name, 'value'])));
  await expect(archive(event, { getRemainingTimeInMillis: () => 0 })).rejects.toThrow(field);
});
