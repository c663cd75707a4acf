import { expect, test } from 'vitest';
import { openMetrics } from '../../lib/http/openmetrics.ts';
import { localMeasures } from '../../lib/wiring/measures.ts';

test('what was counted adds up, from nothing, under a name of its own', () => {
  const measures = localMeasures();
  measures.record({ MailsSent: 2 });
  measures.record({ MailsSent: 1, MailsGivenUp: 1, DueItems: 7 });
  const text = openMetrics(measures.families());
  expect(text).toContain('# TYPE countersign_mails_sent counter\n');
  expect(text).toContain('countersign_mails_sent_total 3\n');
  expect(text).toContain('countersign_mails_given_up_total 1\n');
  expect(text).toContain('countersign_approvals_near_their_end_total 0\n');
  // What a number is now is read of the database.
  expect(text).not.toContain('due_items');
});
