import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { Metrics as Powertools } from '@aws-lambda-powertools/metrics';
import { expect, test } from 'vitest';
import { powertoolsMetrics } from '../../../lib/adapters/powertools/metrics.ts';

/** Metrics of Powertools, and the lines that they write. */
function collecting() {
  const lines: string[] = [];
  const out = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const powertools = new Powertools({ namespace: 'Countersign/Test', serviceName: 'countersign' });
  // They write to a console of their own, which they do not let others choose.
  Reflect.set(powertools, 'console', new Console({ stdout: out, stderr: out }));
  return { metrics: powertoolsMetrics(powertools), lines };
}

test('one call is one line in the embedded metric format, with the service as its only dimension', () => {
  const { metrics, lines } = collecting();
  metrics.record({ DueItems: 0, SecondsBehind: 61 });
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    service: 'countersign',
    DueItems: 0,
    SecondsBehind: 61,
    _aws: {
      CloudWatchMetrics: [
        {
          Namespace: 'Countersign/Test',
          Dimensions: [['service']],
          Metrics: [
            { Name: 'DueItems', Unit: 'Count' },
            { Name: 'SecondsBehind', Unit: 'Seconds' },
          ],
        },
      ],
    },
  });
});

test('what came later is a line of its own, and a counter that did not move is none', () => {
  const { metrics, lines } = collecting();
  metrics.record({ MailsSent: 2, MailsGivenUp: 0, MailsRefused: undefined });
  metrics.record({ MailsSent: 0 });
  metrics.record({ MailsSent: 1 });
  const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(told.map(({ MailsSent }) => MailsSent)).toEqual([2, 1]);
  expect(told[0]).not.toHaveProperty('MailsGivenUp');
});
