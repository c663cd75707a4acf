import { expect, test } from 'vitest';
import { historyText } from '../../lib/cli/history.ts';

const mail = (personId: string, rest: object) => ({ template: 'denied', personId, status: 'sent', ...rest });

const found = (mails: Parameters<typeof historyText>[0]['mails']): Parameters<typeof historyText>[0] => ({
  key: { id: 'k', name: 'Payroll', state: 1, extractable: false },
  emails: { a: 'ann@example.com', b: 'bob@example.com', c: 'cy@example.com' },
  events: [],
  mails,
  openings: [],
  executions: [],
});

test('mails are told in the order in which they went out, and what is not sent comes last with its problem', () => {
  const told = historyText(
    found([
      mail('a', { status: 'due', problem: 'the mail server was busy' }),
      mail('b', { sentAt: '2026-11-24T23:08:56.811Z', problem: 'the mail server was busy' }),
      mail('c', { sentAt: '2026-11-24T23:07:01.000Z' }),
    ]),
  );
  expect(told.split('\n').slice(-3)).toEqual([
    '2026-11-24T23:07:01.000Z  cy@example.com   denied',
    '2026-11-24T23:08:56.811Z  bob@example.com  denied',
    'due                       ann@example.com  denied  the mail server was busy',
  ]);
});
