import { expect, it } from 'vitest';
import { timelineOf } from '../../../lib/pages/console/timeline.ts';

const AT = Date.UTC(2026, 0, 1);
const mail = {
  authorizationId: 'a',
  round: 1,
  template: 'approval-requested',
  personId: 'bob',
  attempts: 1,
} as const;
const told = (parts: Partial<Parameters<typeof timelineOf>[0]>) =>
  timelineOf({ events: [], mails: [], openings: [], executions: [], ...parts }).map(
    ({ at, who, what, from, details }) => [at - AT, who, what, from, Object.fromEntries(details)],
  );

it('a mail is told when it became necessary and when it went out, and with its problem when it did not', () => {
  expect(
    told({
      mails: [
        { ...mail, id: `${AT + 5}-x`, status: 'sent', sentAt: AT + 1_009 },
        { ...mail, id: `${AT + 7}-y`, status: 'given-up', attempts: 8, problem: 'refused' },
        { ...mail, id: `${AT + 8}-z`, status: 'due', attempts: 0, template: 'last-day-reminder' },
      ],
    }),
  ).toEqual([
    [5, 'bob', 'was to be mailed the request to approve, with a link', undefined, { round: '1' }],
    [
      7,
      'bob',
      'was to be mailed the request to approve, with a link',
      undefined,
      { round: '1', mail: 'sending it was given up', attempts: '8', problem: 'refused' },
    ],
    [
      8,
      'bob',
      'was to be mailed a reminder on the last day, with a link',
      undefined,
      { round: '1', mail: 'it has not gone out yet' },
    ],
    [1_009, 'bob', 'was mailed the request to approve, with a link', undefined, { round: '1' }],
  ]);
});

it('a mail that went out in the second in which it became necessary is told once', () => {
  expect(told({ mails: [{ ...mail, id: `${AT + 5}-x`, status: 'sent', sentAt: AT + 900 }] })).toEqual([
    [900, 'bob', 'was mailed the request to approve, with a link', undefined, { round: '1' }],
  ]);
});

it('openings are told from the first to the last, and may be a scanner’s', () => {
  const opening = {
    authorizationId: 'a',
    round: 2,
    personId: 'bob',
    firstAt: AT + 1,
    lastAt: AT + 9,
    count: 3,
  };
  const through = 'the link that was mailed to them';
  expect(told({ openings: [opening] })).toEqual([
    [1, 'bob', 'or a mail scanner opened the page behind the link', through, { round: '2' }],
    [
      9,
      'bob',
      'or a mail scanner opened it for the last time',
      through,
      { round: '2', 'openings until then': '3' },
    ],
  ]);
  expect(told({ openings: [{ ...opening, count: 1 }] })).toHaveLength(1);
});

it('everything comes in the order of time, and what people did before what came of it', () => {
  const event = {
    action: 'countersign.authorization.approve',
    actor: 'alice',
    outcome: 'success',
    round: 1,
    data: { decidedThrough: 'link', note: 'agreed' },
    sequence: 1,
    at: AT + 5,
    previousHash: '',
    hash: 'h',
  } as const;
  const timestamp = new Date(AT + 5).toISOString();
  const entered = {
    id: 2,
    previousEventId: 0,
    type: 'TaskStateEntered',
    timestamp,
    details: { name: 'DeleteKey' },
  };
  const failed = { ...entered, id: 9, type: 'ExecutionFailed', details: { error: 'Broken' } };
  expect(
    told({
      mails: [{ ...mail, id: `${AT + 5}-x`, status: 'dropped' }],
      executions: [{ name: 'one', events: [entered, failed] }],
      events: [event],
    }).map(([, who, what]) => [who, what]),
  ).toEqual([
    ['alice', 'approved the deletion'],
    ['countersign|countersign', 'came to the step “Delete key”'],
    ['countersign|countersign', 'ended the execution: it failed'],
    ['bob', 'was to be mailed the request to approve, with a link'],
  ]);
});
